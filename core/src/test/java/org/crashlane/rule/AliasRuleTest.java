// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.rule.RuleMachine.CRASH;
import static org.crashlane.rule.RuleMachine.DISK;
import static org.crashlane.rule.RuleMachine.RAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.Device;
import org.crashlane.machine.Device.Binding;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Reading.DeviceFact;
import org.crashlane.rule.Reading.Devices;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

/**
 * A device whose requests carry its own id or a bridge's: a kernel has to map for both, since the
 * IOMMU looks each request's id up, and the dump's requests may carry either.
 */
class AliasRuleTest {
  private static final RequesterId BRIDGE = RequesterId.parse("00:06.0");
  private static final RequesterId THIRD = RequesterId.parse("00:05.0");

  private final RuleMachine machine = new RuleMachine();

  @Test
  void theRuleHoldsWhereEveryIdReachesTheCrashRange() {
    TableId table = machine.attach(DISK);
    machine.arm(table);
    machine.share(BRIDGE, table);
    assertEquals(Verdict.of(List.of()), machine.judge(disk(DumpRole.NAMED)));
    machine.arm(machine.attach(BRIDGE));
    assertEquals(Verdict.of(List.of()), machine.judge(disk(DumpRole.NAMED)));
    machine.passThrough(BRIDGE);
    assertEquals(Verdict.of(List.of()), machine.judge(disk(DumpRole.NAMED)));
  }

  @Test
  void theIdThatIsNotMappedBreaksA1AndIsNamed() {
    machine.arm(machine.attach(DISK));
    machine.attach(BRIDGE);
    Finding finding =
        Verdicts.only(machine.judge(disk(DumpRole.NAMED)), FindingCode.A1, Severity.BROKEN);
    AddressSpace space = assertInstanceOf(AddressSpace.class, finding.subject());
    assertEquals(List.of(BRIDGE), space.users());
    assertEquals(List.of("00:06.0 nvme"), space.devices().stream().map(Device::toString).toList());
  }

  @Test
  void theIdWithoutAnEntryBreaksA3WhicheverItIs() {
    machine.arm(machine.attach(DISK));
    assertEquals(BRIDGE, blocked());
    machine.context(DISK, 0, 0);
    machine.arm(machine.attach(BRIDGE));
    assertEquals(DISK, blocked());
  }

  private RequesterId blocked() {
    Finding finding =
        Verdicts.only(machine.judge(disk(DumpRole.NAMED)), FindingCode.A3, Severity.BROKEN);
    return assertInstanceOf(OfDevice.class, finding.subject()).device().requester();
  }

  @Test
  void itsOwnIdIsNotJudgedWhereRequestsCarryTheBridgesAlone() {
    machine.arm(machine.attach(BRIDGE));
    assertEquals(
        Verdict.of(List.of()),
        machine.judge(device(List.of(BRIDGE), DumpRole.NAMED, DmaMasks.UNKNOWN, false)));
  }

  @Test
  void anIdWhoseTablesCannotBeReadMakesTheAnswerUnknown() {
    machine.arm(machine.attach(DISK));
    machine.context(BRIDGE, 0x7fff000000L | 1, 1 | 2L << 8);
    assertEquals(Answer.UNKNOWN, machine.judge(disk(DumpRole.NAMED)).answer());
  }

  @Test
  void aGuestReachesTheCrashRangeByAnyIdOfItsDevice() {
    TableId table = machine.attach(BRIDGE);
    machine.map(table, CRASH.first(), CRASH.first());
    machine.attach(DISK);
    Device guests = device(List.of(DISK, BRIDGE), DumpRole.NONE, DmaMasks.UNKNOWN, true);
    assertEquals(1, Verdicts.of(machine.judge(guests), FindingCode.G1).size());
    machine.passThrough(BRIDGE);
    assertEquals(1, Verdicts.of(machine.judge(guests), FindingCode.G1).size());
  }

  @Test
  void aGuessIsDoubtedByAnyIdThatIsNotArmed() {
    Device guessed = new Device(THIRD, "ahci", DumpRole.GUESSED);
    machine.arm(machine.attach(THIRD));
    machine.arm(machine.attach(DISK));
    machine.attach(BRIDGE);
    Verdict verdict = machine.judge(guessed, disk(DumpRole.POSSIBLE));
    Finding doubt = Verdicts.only(verdict, FindingCode.M1, Severity.UNKNOWN);
    assertEquals(Part.MACHINE, doubt.subject());
    Devices unarmed = assertInstanceOf(Devices.class, doubt.evidence().getLast());
    assertEquals(DeviceFact.NOT_ARMED, unarmed.what());
    assertEquals(BRIDGE, unarmed.devices().getFirst().requester());
  }

  @Test
  void firmwareHasItUseTheCrashRangeByAnyId() {
    machine.arm(machine.attach(DISK));
    machine.arm(machine.attach(BRIDGE));
    Machine used =
        RuleMachine.with(
            new Machine(List.of(RAM), List.of(CRASH), List.of(disk(DumpRole.NAMED))),
            new FirmwareRegion(BRIDGE, AddressRange.ofSize(CRASH.first(), 1 << 12)));
    Verdicts.only(machine.judge(used), FindingCode.F1, Severity.BROKEN);
    Verdicts.only(machine.notTranslating().judge(used), FindingCode.F1, Severity.BROKEN);
  }

  @Test
  void whatIsTrueOfTheDeviceItselfIsSaidOnce() {
    TableId table = machine.attach(DISK);
    machine.arm(table);
    machine.share(BRIDGE, table);
    DmaMasks small = new DmaMasks(DmaMask.ofBits(28), DmaMask.ofBits(28));
    Device disk = device(List.of(DISK, BRIDGE), DumpRole.NAMED, small, false);
    Verdicts.only(machine.judge(disk), FindingCode.B1, Severity.BROKEN);
  }

  private static Device disk(DumpRole role) {
    return device(List.of(DISK, BRIDGE), role, DmaMasks.UNKNOWN, false);
  }

  private static Device device(
      List<RequesterId> aliases, DumpRole role, DmaMasks masks, boolean assignedToGuest) {
    return new Device(DISK, aliases, "nvme", Binding.UNKNOWN, role, masks, assignedToGuest);
  }
}
