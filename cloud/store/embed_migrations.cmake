# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a C file with one string per migration in IN (sorted by file name).
list(SORT IN)
set(text "/* Generated from store/schema. */\n#include \"store/migrations.h\"\n")
set(table "")
set(number 0)
foreach(file IN LISTS IN)
    math(EXPR number "${number} + 1")
    file(READ ${file} hex HEX)
    # Byte by byte, so that no quoting can go wrong; the final NUL makes it a string.
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND text "static const unsigned char migration_${number}[] = {${bytes}0};\n")
    string(APPEND table "    (const char *)migration_${number},\n")
endforeach()
string(APPEND text "const char *const MIGRATIONS[] = {\n${table}};\n")
string(APPEND text "const int MIGRATION_COUNT = ${number};\n")
file(WRITE ${OUT} "${text}")
