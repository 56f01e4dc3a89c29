// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.crashlane.iommu.amdvi.Registers.CONTROL;
import static org.crashlane.iommu.amdvi.Registers.DEV_TAB_BASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.guest.qtest.EduDevice;
import org.crashlane.guest.qtest.PciConfigSpace;
import org.crashlane.guest.qtest.QTest;
import org.crashlane.guest.qtest.QTestConfig;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.machine.Device;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.OfDevice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which id a request from behind bridges carries is what QEMU's own IOMMU reports a fault of; and
 * what the rule says is blocked.
 */
@Tag("qemu")
class BridgesQemuTest {
  private static final long RAM_BYTES = 64L << 20;
  private static final AddressRange CRASH = AddressRange.ofSize(0x2000000, 0x1000000);
  private static final long AMD_UNIT = 0xfed80000L;
  private static final long UNIT = 0xfed90000L;
  private static final long ROOT_TABLE = 0x100000;
  private static final int FAULT_RECORD = 0x220;
  private static final long EDU = 0xe0000000L;

  /** A window of 1 MiB, from where the device's registers are. */
  private static final int WINDOW = 0x20;

  private static final long EDU_WINDOW = 0xe000_e000L;
  private static final int BUSES = 0x18;
  private static final int COMMAND = 4;
  private static final long MEMORY_AND_MASTER = 6;

  @TempDir Path directory;

  /** Bridges one behind the other, each but the first in slot 1, and the device in slot 2. */
  @ParameterizedTest
  @CsvSource({
    "'', 00:04.0",
    "pcie-root-port, 01:00.0",
    "ioh3420, 01:00.0",
    "pcie-pci-bridge, 01:00.0",
    "i82801b11-bridge, 00:05.0",
    "pcie-root-port pcie-pci-bridge, 02:00.0",
    "pcie-pci-bridge pci-bridge, 01:00.0",
    "pcie-pci-bridge pci-bridge pci-bridge, 01:00.0",
    "i82801b11-bridge pci-bridge, 00:05.0",
    "ioh3420 x3130-upstream xio3130-downstream, 03:00.0",
    "pcie-root-port x3130-upstream xio3130-downstream pcie-pci-bridge pci-bridge, 04:00.0",
  })
  void requestsCarryTheIdThatTheBridgesAboveGiveThem(String bridges, String expected)
      throws Exception {
    List<String> types = bridges.isEmpty() ? List.of() : List.of(bridges.split(" "));
    Path socket = directory.resolve("qmp");
    List<String> arguments = new ArrayList<>(List.of("-device", "intel-iommu"));
    arguments.addAll(List.of("-qmp", "unix:" + socket + ",server=on,wait=off"));
    List<RequesterId> at = places(types, arguments);
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, arguments));
        QmpClient qmp = QmpClient.connect(socket);
        LiveGuest guest = LiveGuest.attach(qmp);
        OutsideHand hand = OutsideHand.on(guest, directory, GuestLife.LIVING)) {
      setUp(machine, at);
      RequesterId device = at.getLast();
      EduDevice edu = EduDevice.attach(machine, device, EDU);
      translate(machine);
      edu.read(0x200000, 0, Long.BYTES);

      assertEquals(expected, blocked(machine).toString());
      Device judged =
          hand.judge(List.of(CRASH), Set.of(device), false).verdict().findings().stream()
              .filter(f -> f.code() == FindingCode.A3 && f.severity() == Severity.BROKEN)
              .map(f -> ((OfDevice) f.subject()).device())
              .findFirst()
              .orElseThrow();
      assertEquals(device, judged.address());
      assertEquals(expected, judged.requester().toString());
    }
  }

  /** QEMU 7.2 takes them for bus 0's, whose numbers its buses had when the devices were made. */
  @ParameterizedTest
  @ValueSource(strings = {"pcie-root-port", "pcie-pci-bridge"})
  void onAnAmdIommuBothIdsCount(String bridge) throws Exception {
    Path socket = directory.resolve("qmp");
    Path trace = directory.resolve("trace");
    List<String> arguments = new ArrayList<>(List.of("-device", "amd-iommu"));
    arguments.addAll(List.of("-qmp", "unix:" + socket + ",server=on,wait=off"));
    arguments.addAll(List.of("-trace", "amdvi_translation_result", "-D", trace.toString()));
    List<RequesterId> at = places(List.of(bridge), arguments);
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, arguments));
        QmpClient qmp = QmpClient.connect(socket);
        LiveGuest guest = LiveGuest.attach(qmp)) {
      setUp(machine, at);
      EduDevice edu = EduDevice.attach(machine, at.getLast(), EDU);
      Commands commands = new Commands();
      commands.writeq(AMD_UNIT + DEV_TAB_BASE.offset(), ROOT_TABLE);
      commands.writeq(AMD_UNIT + CONTROL.offset(), Control.IOMMU_EN.of(1));
      machine.run(commands);
      edu.read(0x200000, 0, Long.BYTES);

      List<RequesterId> expected = List.of(RequesterId.of(1, 0, 0), RequesterId.of(0, 0, 0));
      List<PciFunction> functions = guest.pciFunctions();
      assertEquals(expected, functions.getLast().requesters());
      assertTrue(Files.readString(trace).contains("devid: 00:00.0 gpa 0x200000"));
    }
  }

  /** {@return where the bridges are, and then the device, whose arguments are added} */
  private static List<RequesterId> places(List<String> types, List<String> arguments) {
    List<RequesterId> at = new ArrayList<>();
    for (int i = 0; i <= types.size(); i++) {
      String above = i == 0 ? "" : types.get(i - 1);
      boolean isConventional = above.equals("pcie-pci-bridge") || above.contains("i-bridge");
      boolean isDevice = i == types.size();
      int slot = i == 0 ? (isDevice ? 4 : 5) : isConventional || above.contains("11") ? 1 : 0;
      String type = isDevice ? "edu,dma_mask=0xffffffffffffffff" : types.get(i) + ",id=b" + i;
      String number =
          isDevice || type.startsWith("pcie-pci") || type.contains("11-") || type.contains("upstr")
              ? ""
              : type.startsWith("pci-bridge") ? ",chassis_nr=" + (i + 1) : ",chassis=" + (i + 1);
      String bus = i == 0 ? "" : ",bus=b" + (i - 1);
      arguments.addAll(List.of("-device", type + number + bus + ",addr=" + slot));
      at.add(RequesterId.of(i, slot, 0));
    }
    return at;
  }

  /** Numbers the buses and opens the windows, as firmware does. */
  private static void setUp(QTest machine, List<RequesterId> at) throws Exception {
    PciConfigSpace space = new PciConfigSpace(machine);
    int last = at.size() - 1;
    for (int i = 0; i < last; i++) {
      space.write(at.get(i), BUSES, last << 16 | (i + 1) << 8 | i);
      space.write(at.get(i), WINDOW, EDU_WINDOW);
      space.write(at.get(i), COMMAND, MEMORY_AND_MASTER);
    }
  }

  /** Has the unit translate by a root table that is all zeros: every request is blocked. */
  private static void translate(QTest machine) throws Exception {
    Commands commands = new Commands();
    commands.writeq(UNIT + Registers.RTADDR.offset(), ROOT_TABLE);
    commands.writel(UNIT + Registers.GCMD.offset(), Registers.Gsts.RTPS.mask());
    commands.writel(UNIT + Registers.GCMD.offset(), Registers.Gsts.TES.mask());
    machine.run(commands);
  }

  private static RequesterId blocked(QTest machine) throws Exception {
    Commands commands = new Commands();
    commands.readq(UNIT + FAULT_RECORD);
    commands.readq(UNIT + FAULT_RECORD + Long.BYTES);
    long[] words = machine.run(commands);
    return FaultRecord.decode(words[0], words[1]).orElseThrow().requester();
  }
}
