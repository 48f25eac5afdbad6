/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of faults: one row per code, for the machine (severity, latched, effect) and for people
 * (the texts). docs/faults.md is printed from it, so its sentences are whole and short.
 *
 *     code, severity, latched, effect, of,
 *     info     what failure_info says
 *     cause    what raises it, with its threshold ([limits] of the engine in brackets)
 *     does     what the firmware does while it is active
 *     check    what a technician looks at, in order
 *
 * severity: critical (danger), error (out of service), warning (a person should know).
 */
#ifndef SWAPSTACK_CORE_FAULT_TABLE_H
#define SWAPSTACK_CORE_FAULT_TABLE_H

/* clang-format off */
#define FAULT_TABLE(X)                                                                             \
    X(EmergencyStop, "critical", true, FAULT_EMERGENCY, FAULT_OF_STATION,                          \
      "emergency stop pressed",                                                                    \
      "The emergency stop input is active. Hardware has cut the power.",                           \
      "All outputs to their safe level within 50 ms, all bays ESTOP, siren.",                      \
      "Why it was pressed; release the button; look at every door and the gate; then reset.")      \
    X(Smoke, "critical", true, FAULT_EMERGENCY, FAULT_OF_STATION,                                  \
      "smoke in the station",                                                                      \
      "The station's smoke detector is active. Hardware has cut the power.",                       \
      "All outputs to their safe level within 50 ms, all bays ESTOP, siren and exhaust.",          \
      "Do not open bays while it smokes. Find the source; ventilate; test the detector; reset.")   \
    X(ResidualCurrent, "critical", true, FAULT_EMERGENCY, FAULT_OF_STATION,                        \
      "residual-current device tripped",                                                           \
      "The contact of the residual-current device or insulation monitor is active.",               \
      "All outputs to their safe level within 50 ms, all bays ESTOP, siren.",                      \
      "Measure the insulation of chargers, cables and packs; water in connectors; then reset.")    \
    X(StationSensorStale, "critical", false, FAULT_EMERGENCY, FAULT_OF_STATION,                    \
      "station inputs are stale",                                                                  \
      "No news of gate, lane, guard, emergency stop or smoke for 5 s [sensor_stale_s].",           \
      "As an emergency, until the inputs are heard again.",                                        \
      "Power and wiring of the input module; its driver's lines in the log.")                      \
    X(SensorImplausible, "error", false, FAULT_STOPS, FAULT_OF_STATION,                            \
      "implausible temperature",                                                                   \
      "The ambient temperature is no number or outside -40 to 125 °C.",                            \
      "No charging in the station.",                                                               \
      "The ambient sensor and its cable: open or short circuit.")                                  \
    X(Water, "error", false, FAULT_STOPS, FAULT_OF_STATION,                                        \
      "water in the station",                                                                      \
      "The water detector is wet.",                                                                \
      "No charging in the station.",                                                               \
      "Where the water comes from; drains and seals; dry the detector.")                           \
    X(MainsLost, "error", false, FAULT_BLOCKS, FAULT_OF_STATION,                                   \
      "no mains",                                                                                  \
      "The mains contact says that there is no supply.",                                           \
      "No charging, no new swap; a swap under way ends with its doors shut.",                      \
      "Main switch, fuses, surge arrester; ask the grid operator.")                                \
    X(DriverFault, "error", false, FAULT_BLOCKS, FAULT_OF_STATION,                                 \
      "hardware cannot be read or written",                                                        \
      "A driver fails for longer than 1 s [frames_stale_s].",                                      \
      "No charging, no new swap; the charge-enable line is dropped, so power falls by hardware.",  \
      "The log names driver and reason; bus, cable, device file, permissions.")                    \
    X(GateFault, "error", true, FAULT_BLOCKS, FAULT_OF_STATION,                                    \
      "gate does not reach its end",                                                               \
      "The gate did not reach its end in 15 s [gate_s], 3 times [motion_tries].",                  \
      "The gate holds; no swap. Charging goes on.",                                                \
      "Obstacles, drive, end switches; move the gate by hand; then reset.")                        \
    X(LaneBlocked, "warning", false, FAULT_REPORTS, FAULT_OF_STATION,                              \
      "the vehicle does not leave the lane",                                                       \
      "A vehicle is still in the lane 120 s [leave_s] after its swap.",                            \
      "The gate stays open; the next swap waits.",                                                 \
      "Vehicle in the lane, or the lane sensor: dirt, alignment.")                                 \
    X(SwapTooLong, "warning", false, FAULT_REPORTS, FAULT_OF_STATION,                              \
      "the swap takes longer than it may",                                                         \
      "More than 300 s [swap_s] since the vehicle arrived.",                                       \
      "Reports. Each step has a deadline of its own that ends the swap.",                          \
      "Which step took so long (log); doors that need several tries.")                             \
    X(SwapInterrupted, "warning", false, FAULT_REPORTS, FAULT_OF_STATION,                          \
      "a swap stopped half way",                                                                   \
      "A restart, an emergency or safe mode ended a swap where it stood.",                         \
      "Nothing moves. The next swap command first shuts what stands open.",                        \
      "Doors and gate on the spot; is a battery between vehicle and bay?")                         \
    X(StorageFault, "error", false, FAULT_BLOCKS, FAULT_OF_STATION,                                \
      "intent cannot be stored",                                                                   \
      "The state or the journal cannot be written, or over 1000 events wait for the monitor.",     \
      "No new motion or session; what runs ends safely.",                                          \
      "Free space and mount flags of the state folder; the card's health; is the monitor up?")     \
    X(ThermalEvent, "critical", true, FAULT_QUARANTINES, FAULT_OF_BAY,                             \
      "smoke or fast heating in the bay",                                                          \
      "Smoke in the bay, or its pack warms by more than 1 K/s [rise_k_per_s] for 3 s [rise_s].",   \
      "All chargers of the station off, this bay stays shut, exhaust and siren.",                  \
      "Fire brigade first. Do not open the bay for an hour; watch its temperature; then reset.")   \
    X(PackDamaged, "error", false, FAULT_QUARANTINES, FAULT_OF_BAY,                                \
      "the pack reports faults of its own",                                                        \
      "The fault bits of the pack's electronics are not 0.",                                       \
      "The bay stays shut (QUARANTINE).",                                                          \
      "The pack's own diagnosis; take the pack out in maintenance mode.")                          \
    X(PackType, "error", true, FAULT_QUARANTINES, FAULT_OF_BAY,                                    \
      "chemistry of the pack is not permitted",                                                    \
      "The pack names a chemistry that [charging] chemistries does not list.",                     \
      "Not charged, not given out; offered back to its user in the same swap.",                    \
      "Is the pack from another network? Take it out in maintenance mode; then reset.")            \
    X(DuplicateSerial, "error", true, FAULT_QUARANTINES, FAULT_OF_BAY,                             \
      "another bay holds this serial",                                                             \
      "Two bays report a pack of the same serial.",                                                \
      "The later one is in QUARANTINE.",                                                           \
      "Label and electronic serial of both packs; crossed bus cables; then reset.")                \
    X(SensorStale, "error", false, FAULT_BLOCKS, FAULT_OF_BAY,                                     \
      "bay inputs are stale",                                                                      \
      "No news of door, lock, contactor or sensors for 5 s [sensor_stale_s].",                     \
      "The bay is out of service; charging there is cut.",                                         \
      "Input module of the bay, its supply and cable.")                                            \
    X(BayTemperature, "error", false, FAULT_BLOCKS, FAULT_OF_BAY,                                  \
      "implausible temperature in the bay",                                                        \
      "The bay's temperature is no number or outside -40 to 125 °C.",                              \
      "The bay is out of service; charging there is cut.",                                         \
      "The bay's sensor and its cable: open or short circuit.")                                    \
    X(LockFault, "error", true, FAULT_BLOCKS, FAULT_OF_BAY,                                        \
      "lock feedback does not follow",                                                             \
      "The lock did not follow within 2 s [lock_s], 3 times [motion_tries].",                      \
      "The bay is out of service.",                                                                \
      "Bolt, lock drive, feedback switch; does the door close fully? Then reset.")                 \
    X(DoorFault, "error", true, FAULT_BLOCKS, FAULT_OF_BAY,                                        \
      "door does not reach its end",                                                               \
      "The door was obstructed or took longer than 5 s [door_s], 3 times [motion_tries].",         \
      "The bay is out of service; the door stands where it is.",                                   \
      "Obstacles, drive, end switches; shut it by hand; then reset.")                              \
    X(DoorForced, "error", false, FAULT_STOPS, FAULT_OF_BAY,                                       \
      "door open or unlocked without a request",                                                   \
      "Door or lock are not shut although nobody asked for that.",                                 \
      "Charging there is cut at once; the bay is verified again once it is shut.",                 \
      "Signs of force; lock and its feedback switch; is the pack still there?")                    \
    X(ContactorFault, "critical", true, FAULT_BLOCKS, FAULT_OF_BAY,                                \
      "contactor feedback does not follow",                                                        \
      "The contactor's feedback differs from its request for longer than 200 ms [contactor_s].",   \
      "Charger off, the door is not opened, the bay is out of service.",                           \
      "Welded contacts (measure before touching), coil, auxiliary contact; then reset.")           \
    X(CurrentUncontrolled, "critical", true, FAULT_BLOCKS, FAULT_OF_BAY,                           \
      "current flows although it was switched off",                                                \
      "Charger and contactor are off for 500 ms [uncontrolled_s], and a meter still sees 5 A.",    \
      "The charge-enable line is dropped: power of all chargers falls by hardware.",               \
      "Contactor and charger of the bay; cut the bay's supply before touching; then reset.")       \
    X(CurrentAfterStop, "error", false, FAULT_REPORTS, FAULT_OF_BAY,                               \
      "current flowed on after a stop",                                                            \
      "More than 5 A [stopped_current_a] 100 ms [current_stop_s] after the charger was stopped.",  \
      "The contactor opens under current.",                                                        \
      "The charger's reaction to its stop command; wear of the contactor.")                        \
    X(PackSilent, "error", false, FAULT_BLOCKS, FAULT_OF_BAY,                                      \
      "the pack stopped talking",                                                                  \
      "No frame of the pack for 5 s [sensor_stale_s]. Charging stops after 1 s [frames_stale_s].", \
      "The bay is out of service; the pack is not given out.",                                     \
      "Connector and bus of the bay; is the bus off (ip -details link)? Auxiliary supply.")        \
    X(PackUnidentified, "error", false, FAULT_BLOCKS, FAULT_OF_BAY,                                \
      "something is in the bay without a serial",                                                  \
      "No serial within 10 s [identify_s] behind the locked door.",                                \
      "Not charged, not given out; offered back to its user in the same swap.",                    \
      "Connector of the bay; is it a pack at all?")                                                \
    X(PackImplausible, "error", false, FAULT_STOPS, FAULT_OF_BAY,                                  \
      "the pack reports impossible values",                                                        \
      "State of charge outside 0-100 %, or voltage, current or cells that are no numbers.",        \
      "Not charged, not given out.",                                                               \
      "Versions of pack and protocol; the pack's sensors.")                                        \
    X(PackChanged, "warning", false, FAULT_REPORTS, FAULT_OF_BAY,                                  \
      "not the pack on record",                                                                    \
      "A shut bay holds another serial than before.",                                              \
      "The new serial is on record.",                                                              \
      "Was the bay opened by hand? Both packs' whereabouts.")                                      \
    X(PackMissing, "error", false, FAULT_REPORTS, FAULT_OF_BAY,                                    \
      "the pack on record is gone",                                                                \
      "A bay is empty that held a pack, and no swap took it.",                                     \
      "The bay counts as empty.",                                                                  \
      "Signs of force; the presence sensor; who was here?")                                        \
    X(OverTemperature, "error", false, FAULT_STOPS, FAULT_OF_BAY,                                  \
      "pack too hot to charge",                                                                    \
      "A cell is at 60 °C [pack_stop_c], or a pack's temperature is implausible.",                 \
      "Charging stops, the fan runs; it goes on below 50 °C [pack_resume_c].",                     \
      "Fan and filters of the bay; ambient temperature; the pack's sensors.")                      \
    X(CellOverVoltage, "error", false, FAULT_STOPS, FAULT_OF_BAY,                                  \
      "cell voltage above its limit",                                                              \
      "The highest cell is 20 mV above its chemistry's limit (LFP 3.65, NMC 4.25, LTO 2.85 V).",   \
      "Charging stops.",                                                                           \
      "Imbalance of the pack's cells; does the charger keep its voltage?")                         \
    X(ChargerFault, "error", false, FAULT_STOPS, FAULT_OF_BAY,                                     \
      "the charger reports a fault",                                                               \
      "The charger's fault flag is set, or its current or voltage is no number.",                  \
      "No charging in the bay.",                                                                   \
      "The charger's own display or log; its fuse; its fans.")                                     \
    X(ChargerSilent, "error", false, FAULT_STOPS, FAULT_OF_BAY,                                    \
      "the charger stopped talking",                                                               \
      "No frame of the charger for 5 s [sensor_stale_s]. Charging stops after 1 s.",               \
      "No charging in the bay; packs there may still be given out.",                               \
      "The charger's supply; bus cable and termination; is the bus off?")                          \
    X(ChargerNoCurrent, "error", false, FAULT_REPORTS, FAULT_OF_BAY,                               \
      "charger on, but no current",                                                                \
      "The charger was asked for current for 60 s [no_current_s] and gives less than 1 A.",        \
      "The session fails; tried again after 60 s [charge_retry_s], doubled up to 16 times.",       \
      "Charger output, its fuse, the connector's power contacts.")                                 \
    X(Maintenance, "warning", false, FAULT_REPORTS, FAULT_OF_BAY,                                  \
      "a person took it out of service",                                                           \
      "A technician put the bay, or the whole station, into maintenance at the console.",          \
      "No swap and no charging there; single motions by console verbs only, under rule 4.",        \
      "Who is at work there? When it is done: doors shut, then `maintenance off`.")                \
    X(EngineLost, "critical", false, FAULT_REPORTS, FAULT_OF_MONITOR,                              \
      "the engine is gone",                                                                        \
      "The engine's socket closed, or it does not answer its health check.",                       \
      "Commands are refused; the service manager starts the engine again.",                        \
      "The log (journalctl -u swap-engine); its state folder; swap-engine --check of the board.")      \
    X(JournalDamaged, "error", false, FAULT_REPORTS, FAULT_OF_MONITOR,                             \
      "the journal was damaged",                                                                   \
      "The file journal.db could not be read as a database at start.",                                      \
      "The file is set aside as journal.db.damaged-N and a new journal begun.",                    \
      "The card's health; power supply; keep the file for analysis.")
/* clang-format on */

#endif
