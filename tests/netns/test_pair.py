# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios of a two-node pair with the real daemons (test_Snn = scenario nn).

Each test asserts the end state, that no address was added before its proof,
and (the lab fixture, at its end) that two powered nodes never held the VIP.
"""
import os
import re
import signal
import time

import pytest

from lab import DEFAULTS, DEVICE, VIP, wait_for


def serve(lab, node, seconds=15):
    node.wait_state("MASTER", seconds)
    lab.wait_client(node.name, seconds)
    assert VIP in node.addresses()


def quiet_for(seconds, condition):
    """condition() stays true for so long: nothing happened."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition()
        time.sleep(0.1)


def nobody_was_shot(lab):
    return not [e for e in lab.pdu_events() if e["event"] == "power"
                and not e["on"]]


# ---- deaths ----

def test_S01_R6_power_cut_of_the_owner(lab):
    lb01, lb02 = lab.nodes
    lb01.die()
    serve(lab, lb02)
    assert lb02.proof() == "fenced"


def test_R6_a_fence_that_meets_a_hung_fencer_waits_seconds(lab):
    """It is found by what it does not answer, long before timeout_ms."""
    lb01, lb02 = lab.nodes
    hung = lb02.helper("fencer")
    os.kill(hung, signal.SIGSTOP)
    lb01.die()
    wait_for("it is found", lambda: re.search(
        r"twinbeat-fencer \(pid \d+\) has not answered for [5-7]\d\d\d ms: "
        "somebody stopped it", lb02.read_log()), 15)
    serve(lab, lb02)
    assert lb02.proof() in ("fenced", "already-off")
    assert lb02.helper("fencer") != hung
    lab.judge_fenced_claim(lb02)
    lab.pdu("on 1")
    lb01.power_on()
    lab.settle(owner=1)  # it boots as standby


def test_S02_R11_owner_hangs(lab):
    lb01, lb02 = lab.nodes
    # a kernel that hangs: nothing in the node runs any more
    for name in ("keeper", "fencer", "runner"):
        os.kill(lb01.helper(name), signal.SIGSTOP)
    lb01.kill(signal.SIGSTOP)
    serve(lab, lb02)
    assert lb02.proof() == "fenced"
    assert not lb01.is_powered()
    lab.judge_fenced_claim(lb02)


def test_S03_R12_daemon_killed_is_the_last_will(lab):
    lb01, lb02 = lab.nodes
    lb01.kill()
    serve(lab, lb02)
    assert lb02.proof() == "obituary"
    assert VIP not in lb01.addresses()
    assert lb01.is_powered() and nobody_was_shot(lab)
    lb01.start()
    lab.settle(owner=1)


def test_S03_R12_killed_daemon_with_serial_pulled_resigns(lab):
    lb01, lb02 = lab.nodes
    lab.cable("cut")
    lb02.wait_alert("link-down")
    lb01.kill()
    serve(lab, lb02)
    assert lb02.proof() == "resigned"
    assert nobody_was_shot(lab)


def test_S05_R17_clean_stop_hands_over(lab):
    lb01, lb02 = lab.nodes
    assert lb01.stop() == 0
    serve(lab, lb02)
    assert lb02.proof() in ("released", "obituary")
    assert nobody_was_shot(lab)


def test_S06_R4_standby_dies(lab):
    lb01, lb02 = lab.nodes
    lb02.die()
    lb01.wait_alert("link-down")
    quiet_for(3, lambda: lb01.state() == "MASTER")
    serve(lab, lb01)
    assert nobody_was_shot(lab)


# ---- cables ----

def test_S07_R4_serial_pulled(lab):
    lb01, lb02 = lab.nodes
    lab.cable("cut")
    for node in lab.nodes:
        node.wait_alert("link-down")
    quiet_for(2, lambda: lb01.state() == "MASTER"
              and lb02.state() == "BACKUP")
    assert nobody_was_shot(lab)
    lab.cable("join")
    lab.settle()
    assert "link-down" not in lb01.alerts()


def test_S08_R4_links_disagree(lab):
    lb01, lb02 = lab.nodes
    lab.break_path()
    lb02.wait_log("alert disagree raised")
    serve(lab, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    lab.judge_fenced_claim(lb02)


def test_S09_R4_owner_loses_its_network_card(lab):
    lb01, lb02 = lab.nodes
    lab.ethernet(False, lb01)
    serve(lab, lb02)
    assert lb02.proof() == "released" and nobody_was_shot(lab)
    wait_for("lb01 unfit", lambda: lb01.state() == "FAULT")
    lab.ethernet(True, lb01)
    lab.settle(owner=1)  # the roles do not swing back


def test_S10_R3_standby_loses_its_network_card(lab):
    lb01, lb02 = lab.nodes
    lab.ethernet(False, lb02)
    lb02.wait_state("FAULT")
    lb02.wait_alert("unfit")
    quiet_for(3, lambda: lb01.state() == "MASTER")
    assert not lb01.status()["peer"]["fit"] and nobody_was_shot(lab)


def test_S11_R4_every_cable_cut(lab):
    lb01, lb02 = lab.nodes
    lab.block_vrrp()
    lab.cable("cut")
    serve(lab, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    lab.judge_fenced_claim(lb02)


def test_S12_R4_every_cable_cut_only_the_standby_reaches_the_fence(lab):
    lb01, lb02 = lab.nodes
    from lab import run
    run("ip", "-n", lab.switch_ns, "link", "set", lb01.ports[1], "down")
    lab.block_vrrp()
    lab.cable("cut")
    serve(lab, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()


def test_S13_R6_every_cable_cut_nobody_reaches_the_fence(lab):
    from lab import run
    lb01, lb02 = lab.nodes
    for node in lab.nodes:
        run("ip", "-n", lab.switch_ns, "link", "set", node.ports[1], "down")
    lab.block_vrrp()
    lab.cable("cut")
    lb02.wait_alert("fence-failed")
    quiet_for(3, lambda: lb02.state() == "BACKUP"
              and lb01.state() == "MASTER")
    assert lb02.fence()["state"] in ("failed", "running")
    serve(lab, lb01)


def test_S14_R4_switch_fails_for_both(lab):
    lb01, lb02 = lab.nodes
    lab.ethernet(False)
    for node in lab.nodes:
        node.wait_alert("unfit")
    quiet_for(2, lambda: nobody_was_shot(lab))
    lab.ethernet(True)
    wait_for("one owner again", lambda: "MASTER" in
             (lb01.state(), lb02.state()))
    assert nobody_was_shot(lab)


def test_S17_R2_serial_loopback_plug(lab):
    lb01, lb02 = lab.nodes
    lab.cable("loop")
    lb01.wait_alert("link-looped")
    wait_for("serial not up", lambda: lb01.link("serial")["state"] != "up")
    assert lb01.link("serial")["errors"]["loop"] > 0
    quiet_for(2, lambda: lb01.state() == "MASTER"
              and lb02.state() == "BACKUP")
    assert nobody_was_shot(lab)


def test_S18_R2_noise_on_the_line(lab):
    lb01, lb02 = lab.nodes
    for _ in range(20):
        lab.cable("noise 200")
        time.sleep(0.05)
    wait_for("framing errors are counted", lambda:
             lb01.link("serial")["errors"]["framing"] > 0)
    lab.settle()
    assert nobody_was_shot(lab)


# ---- freezes ----

def test_S21_R11_frozen_main_process(lab):
    lb01, lb02 = lab.nodes
    lb01.kill(signal.SIGSTOP)
    serve(lab, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()


def test_S22_R11_frozen_main_process_and_no_fence(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("fault silent")
    lb01.kill(signal.SIGSTOP)
    # the lease: gone from the node within lease + 0.5 s
    wait_for("the VIP dies by its lease",
             lambda: VIP not in lb01.addresses(), 8)
    lb02.wait_alert("fence-failed")
    assert lb02.state() == "BACKUP"
    lb01.kill(signal.SIGCONT)
    lb01.wait_log("stalled")
    wait_for("one owner again", lambda: "MASTER" in
             (lb01.state(), lb02.state()), 20)


# ---- the peer has ended, and this daemon is started again ----

def test_R12_a_last_word_outlives_restarts_of_the_lone_owner(make_lab):
    lab = make_lab(startup_ms=20000, unclean_startup_ms=20000)
    lb01, lb02 = lab.nodes
    lab.settle()
    assert lb02.stop() == 0
    lb01.wait_alert("no-standby")
    lab.outage_ms()
    # in good order, then killed: systemd starts it again
    for end in (lb01.stop, lambda: (lb01.kill(), lb01.starter.wait(10))):
        end()
        lb01.start()
        lb01.wait_state("MASTER")
        print("outage of a restart: %.0f ms" % lab.wait_client("lb01", 15))
        assert lb01.proof() == "obituary"
    # a peer that comes back voids it on the disk, before it knows us
    word = os.path.join(lb01.run_dir, "last-word")
    assert os.path.getsize(word) > 0
    lb02.start()
    lab.settle()
    assert os.path.getsize(word) == 0
    assert lb01.is_powered() and lb02.is_powered()
    assert nobody_was_shot(lab)


def test_R12_a_last_word_of_another_boot_is_none(make_lab):
    lab = make_lab(startup_ms=20000, unclean_startup_ms=20000)
    lb01, lb02 = lab.nodes
    lab.settle()
    assert lb02.stop() == 0 and lb01.stop() == 0
    word = os.path.join(lb01.run_dir, "last-word")
    with open(word, encoding="ascii") as f:
        text = f.read()
    boot = text.split()[0]
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as f:
        assert boot == f.read().strip()
    with open(word, "w", encoding="ascii") as f:
        f.write(text.replace(boot, boot[::-1]))
    lb01.start()
    lb01.wait_log("last-word proves nothing: it is of another boot, or damaged")
    assert os.path.getsize(word) == 0
    lb01.wait_alert("waiting")
    assert lb01.state() == "INIT" and nobody_was_shot(lab)
    # one that cannot be opened could not be erased in time: it goes
    assert lb01.stop() == 0
    os.unlink(word)
    os.symlink("/dev/null", word)
    lb01.start()
    lb01.wait_log("last-word cannot be opened")
    assert not os.path.lexists(word)


# ---- starts ----

def test_S23_R17_both_boot_together(lab):
    assert nobody_was_shot(lab)
    assert lab.nodes[0].proof() == "released"


def test_S24_R8_one_boots_alone_and_never_worked_before(make_lab):
    lab = make_lab(boot=False)
    lb01 = lab.nodes[0]
    lb01.power_on()
    lb01.wait_alert("waiting")
    quiet_for(3, lambda: lb01.state() == "BACKUP")
    assert nobody_was_shot(lab)
    # an operator knows better
    done = lb01.twinbeat("confirm", "lb02", "--yes")
    assert done.returncode == 1 and "on" in done.stderr + done.stdout
    done = lb01.twinbeat("confirm", "lb02", "--yes", "--force")
    assert done.returncode == 0, done.stderr
    serve(lab, lb01)
    assert lb01.proof() == "operator"


def test_S24_R8_one_boots_alone_after_a_good_life(lab):
    lb01, lb02 = lab.nodes
    for node in (lb02, lb01):
        assert node.stop() == 0
    lb01.empty_run_dir()  # its machine boots
    lb01.start()
    serve(lab, lb01, 20)
    assert lb01.proof() == "fenced" and not lb02.is_powered()
    lab.judge_fenced_claim(lb01)


def test_S25_R8_one_boots_alone_and_the_plug_is_off(lab):
    lb01, lb02 = lab.nodes
    for node in (lb02, lb01):
        assert node.stop() == 0
    lab.pdu("off 2")
    lb01.empty_run_dir()  # its machine boots
    lb01.start()
    serve(lab, lb01)
    assert lb01.proof() == "already-off"


def test_S26_R8_fenced_node_boots_with_links_still_broken(make_lab):
    lab = make_lab(unclean_startup_ms=4000, on_startup_silence="wait")
    lb01, lb02 = lab.nodes
    lab.settle()
    lab.block_vrrp()
    lab.cable("cut")
    serve(lab, lb02)
    lab.pdu("on 1")
    lb01.power_on()
    lb01.wait_alert("waiting", 20)
    quiet_for(3, lambda: lb02.state() == "MASTER"
              and lb01.state() == "BACKUP")
    assert lb02.is_powered()
    lab.judge()


# ---- the fence ----

def test_S27_R6_welded_relay(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("weld 1")
    lb01.die()
    lb02.wait_alert("fence-failed")
    quiet_for(3, lambda: lb02.state() == "BACKUP")
    assert VIP not in lb02.addresses()


def test_S28_R6_switch_lost_its_power_too(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("fault silent")
    lb01.die()
    lb02.wait_alert("fence-failed")
    quiet_for(2, lambda: lb02.state() == "BACKUP")
    done = lb02.twinbeat("confirm", "lb01", "--yes")
    assert done.returncode == 0, done.stderr
    serve(lab, lb02)
    assert lb02.proof() == "operator"


def test_S30_R6_fence_fails_once(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("fault exception 4 count=1")
    lb01.die()
    serve(lab, lb02)
    assert lb02.proof() == "fenced"
    lab.judge_fenced_claim(lb02)


def test_S31_R6_fence_hangs_and_the_daemon_beats_on(make_lab):
    lab = make_lab(timeout_ms=2500)
    lb01, lb02 = lab.nodes
    lab.settle()
    lab.pdu("fault drip 100")
    lb01.die()
    lb02.wait_alert("fence-failed")
    sent = lb02.link("serial")["tx"]
    wait_for("beats go on", lambda: lb02.link("serial")["tx"] > sent + 10, 3)
    lab.pdu("fault none")
    serve(lab, lb02, 25)
    lab.judge()


def test_S33_R6_plug_reads_off_but_the_peer_is_heard(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("lie 1")
    lab.break_path()
    lb02.wait_alert("fence-contradicted", 20)
    quiet_for(2, lambda: lb01.state() == "MASTER"
              and lb02.state() == "BACKUP")


# ---- operators ----

def test_S36_R13_manual_fence_of_the_owner(lab):
    lb01, lb02 = lab.nodes
    done = lb02.twinbeat("fence", "lb01", "--yes")
    assert done.returncode == 0, done.stderr + done.stdout
    serve(lab, lb02)
    assert lb02.proof() == "fenced"
    lab.judge_fenced_claim(lb02)


def test_S37_R13_manual_fence_of_oneself_is_refused(lab):
    lb01 = lab.nodes[0]
    done = lb01.twinbeat("fence", "lb01", "--yes")
    assert done.returncode in (1, 2) and "lb01" in done.stderr
    assert nobody_was_shot(lab)
    serve(lab, lb01)


def test_S38_R13_confirm_of_the_living_is_refused(lab):
    lb02 = lab.nodes[1]
    done = lb02.twinbeat("confirm", "lb01", "--yes", "--force")
    assert done.returncode == 1 and "alive" in done.stderr + done.stdout
    assert lb02.state() == "BACKUP" and nobody_was_shot(lab)


def test_R13_handover_and_back(lab):
    lb01, lb02 = lab.nodes
    done = lb01.twinbeat("handover")
    assert done.returncode == 0, done.stderr
    serve(lab, lb02)
    assert lb02.proof() == "released"
    lab.settle(owner=1)
    assert lb02.twinbeat("handover").returncode == 0
    serve(lab, lb01)
    assert nobody_was_shot(lab)


def switches(node):
    """How often its daemon has gone to sleep."""
    with open("/proc/%d/status" % node.daemon, encoding="ascii") as f:
        return int(f.read().split("voluntary_ctxt_switches:")[1].split()[0])


def test_R13_an_owner_at_rest_wakes_once_an_interval_and_hears_a_want(lab):
    """It reads the standby's beat with its own next one; what an operator asks
    at the standby comes by that beat."""
    lb01, lb02 = lab.nodes
    lab.cable("pace 115200")

    def per_second():
        before = switches(lb01)
        time.sleep(2)
        return (switches(lb01) - before) / 2
    # 10 beats, a second's housekeeping; two wake-ups each would be 20 more
    wait_for("it sleeps through its intervals", lambda: per_second() < 16, 30)
    began = time.monotonic()
    assert lb02.twinbeat("handover").returncode == 0
    lb02.wait_state("MASTER")
    assert time.monotonic() - began < 2
    lb01.wait_state("BACKUP")


def test_R13_standby_online(lab):
    lb01, lb02 = lab.nodes
    assert lb01.twinbeat("standby").returncode == 0
    serve(lab, lb02)
    lb01.wait_state("FAULT")
    assert lb01.twinbeat("online").returncode == 0
    lab.settle(owner=1)


def test_R13_maintenance_is_on_both_and_stops_shooting(lab):
    lb01, lb02 = lab.nodes
    assert lb01.twinbeat("maintenance", "on").returncode == 0
    assert lb02.status()["maintenance"]
    lb01.die()
    quiet_for(4, lambda: lb02.state() == "BACKUP")
    assert lb02.twinbeat("maintenance", "off").returncode == 1
    serve(lab, lb02)


# ---- healing ----

def test_S40_R5_peer_healed_during_the_delay(make_lab):
    lab = make_lab(delay_ms=4000, tie_ms=5000)
    lb01, lb02 = lab.nodes
    lab.settle()
    lab.block_vrrp()
    lab.cable("cut")
    lb02.wait_log("-> delay")
    lab.cable("join")
    lab.block_vrrp(False)
    lb02.wait_log("delay -> idle")
    lab.settle()
    assert nobody_was_shot(lab)
    lab.judge()


def slow_switch():
    """It has to be connected to for longer than an outage lasts."""
    return DEVICE.format(name="pdu", port=502, **DEFAULTS).replace(
        "connect_ms = 300;", "connect_ms = 300; connect_wait_ms = 2500;")


def test_R5_links_agree_again_before_the_power_command(make_lab):
    lab = make_lab(devices=slow_switch(), tie_ms=12000, timeout_ms=12000)
    lb01, lb02 = lab.nodes
    lab.settle(seconds=30)
    lab.break_path()
    lb02.wait_log("-> running")
    lab.break_path(False)
    lb02.wait_log("it was called back")
    lab.settle(seconds=30)
    quiet_for(3, lambda: lb01.state() == "MASTER" and nobody_was_shot(lab))
    assert lb02.fence()["state"] == "idle"


@pytest.mark.parametrize("who", [0, 1], ids=["at-the-owner", "at-the-standby"])
def test_R13_maintenance_before_the_power_command(make_lab, who):
    lab = make_lab(devices=slow_switch(), tie_ms=12000, timeout_ms=12000)
    lb01, lb02 = lab.nodes
    lab.settle(seconds=30)
    lab.break_path()
    lb02.wait_log("-> running")
    said = lab.nodes[who].twinbeat("maintenance", "on")
    assert said.returncode == 0, said.stderr
    lb02.wait_log("it was called back")
    quiet_for(4, lambda: lb01.state() == "MASTER" and nobody_was_shot(lab))
    # and what stands when it is over is judged anew
    assert lb02.twinbeat("maintenance", "off").returncode == 0
    serve(lab, lb02)
    assert lb02.proof() == "fenced"


def test_R13_maintenance_before_a_shot_whose_failure_is_a_claim(make_lab):
    lab = make_lab(boot=False, devices=slow_switch(), tie_ms=12000,
                   timeout_ms=12000)
    with open(lab.config, encoding="utf-8") as f:
        text = f.read()
    with open(lab.config, "w", encoding="utf-8") as f:
        f.write(text.replace(
            "fence = {", 'fence = { on_failure = "takeover"; '
            "accept_split_brain = true;"))
    for node in lab.nodes:
        node.power_on()
    lb01, lb02 = lab.nodes
    lab.settle(seconds=30)
    lab.break_path()
    lb02.wait_log("-> running")
    assert lb01.twinbeat("maintenance", "on").returncode == 0
    lb02.wait_log("it was called back")
    assert lb01.twinbeat("maintenance", "off").returncode == 0
    # and it is no failure: what follows is another shot, or nothing
    quiet_for(2, lambda: lb02.state() == "BACKUP" and nobody_was_shot(lab))
    serve(lab, lb02)
    assert lb02.proof() == "fenced"


def test_R5_peer_heard_again_before_the_power_command(make_lab):
    lab = make_lab(devices=slow_switch(), tie_ms=12000, timeout_ms=12000)
    lb01, lb02 = lab.nodes
    lab.settle(seconds=30)
    lab.block_vrrp()
    lab.cable("cut")
    lb02.wait_log("-> running")
    lab.cable("join")
    lab.block_vrrp(False)
    lb02.wait_log("it was called back")
    lab.settle(seconds=30)
    quiet_for(3, lambda: lb01.state() == "MASTER" and nobody_was_shot(lab))
    assert "fence-failed" not in lb02.alerts()
    assert lb02.fence()["state"] == "idle"
    # and one that is dead is cut all the same
    lb01.die()
    serve(lab, lb02)
    assert lb02.proof() == "fenced"


def test_S41_R6_peer_heard_again_after_the_power_command(lab):
    lb01, lb02 = lab.nodes
    lab.pdu("fault slow 150")
    lab.block_vrrp()
    lab.cable("cut")
    lb02.wait_log("the power command goes out")
    lab.cable("join")
    serve(lab, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    lab.judge_fenced_claim(lb02)


def test_R12_deleted_address_is_put_back(lab):
    from lab import run
    lb01 = lab.nodes[0]
    run("ip", "-n", lb01.ns, "addr", "del", VIP + "/32", "dev", "eth0")
    wait_for("the VIP is back", lambda: VIP in lb01.addresses(), 2)
    assert lb01.state() == "MASTER"


def test_R12_killed_keeper_is_restarted_and_the_owner_stays(lab):
    lb01, lb02 = lab.nodes
    os.kill(lb01.helper("keeper"), signal.SIGKILL)
    lb01.wait_alert("process-died")
    wait_for("a new keeper", lambda: lb01.helper("keeper"))
    quiet_for(2, lambda: lb01.state() == "MASTER")
    serve(lab, lb01)
    assert "vip-failed" not in lb01.alerts()
    assert lb02.state() == "BACKUP"


def test_R6_killed_fencer_is_restarted(lab):
    lb01, lb02 = lab.nodes
    os.kill(lb02.helper("fencer"), signal.SIGKILL)
    lb02.wait_alert("process-died")
    wait_for("a new fencer", lambda: lb02.helper("fencer"))
    lb01.die()
    serve(lab, lb02)
    assert lb02.proof() == "fenced"
