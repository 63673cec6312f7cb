/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_CONTROL_MSG_H
#define IPC_CONTROL_MSG_H
/*
 * What twinbeat(8) and twinbeatd say over RUN_DIR/control.sock (SOCK_STREAM):
 * JSON, one object a line. Mode 0660, group twinbeat where there is one, else
 * 0600. Whoever gets in may ask for the status; the rest needs root or a
 * member of the group (SO_PEERCRED).
 *
 * Request, one line per connection, at most CONTROL_REQUEST_MAX bytes:
 *   {"command":"status"}
 *   {"command":"fence","node":"lb01","action":"off|on|reboot|status",
 *    "device":"pdu"}                                (device optional)
 *   {"command":"drill","node":"lb02","wait_s":600} (wait_s optional)
 *   {"command":"confirm","node":"lb02","force":false}
 *   {"command":"handover"} {"command":"handover","node":"lb02"}
 *   {"command":"standby"} {"command":"online"}
 *   {"command":"maintenance","on":true}
 *   {"command":"answer","code":"K7QM42XR","answer":1}
 *   {"command":"reload","force":false}
 *                                  a step for each finding in the file
 *   {"command":"push"}             the same, of both nodes, and how far it is
 *
 * Answer: any number of steps, then the last line, then end of file:
 *   {"step":"...","elapsed_ms":12}
 *   {"done":true,"ok":true,"text":"one sentence"}
 *   status:  ... ,"status":{...}   the object of the design, section 6
 *   fence:   ... ,"result":"off|on|failed|unknown","plugs":[...]
 *                                  plugs as in status.fence.plugs
 *   drill:   ... ,"drill":{...}    as status.fence.drill
 * An unknown command or a bad request is answered by done, ok false.
 */
#define CONTROL_SOCKET	    "control.sock"
#define CONTROL_REQUEST_MAX 4096
/* With 255 instances, 4096 addresses and every alert a status takes 2.6 MB. */
#define CONTROL_ANSWER_MAX (4 * 1024 * 1024)
#define RUN_DIR		   "/run/twinbeat"
#define STATE_DIR	   "/var/lib/twinbeat"
/*
 * RUN_DIR/lock: flock'ed by the daemon and inherited by keeper and fencer, so
 * that the next daemon speaks only after they are gone (R12).
 * RUN_DIR/director.lock: the same for the director alone, which may hang in the
 * kernel and holds no address: no daemon waits for it, only the next director.
 * RUN_DIR/pid: flock'ed by the daemon alone; holds its pid as text.
 */
#define RUN_LOCK_FILE	   "lock"
#define DIRECTOR_LOCK_FILE "director.lock"
#define RUN_PID_FILE	   "pid"
#endif
