// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.crashlane.guest.live.FakeGuest.Says;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.machine.Source;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.machine.Source.Kind;
import org.crashlane.machine.Unit;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Reading.Devices;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known from outside of a guest's dump path and its crash range has codes of its own. */
final class GuestJudgeTest {
  private static final RequesterId DISK = RequesterId.of(0, 31, 2);
  private static final RequesterId NETWORK = RequesterId.of(0, 3, 0);

  /** A disk controller and a network card. */
  private static final String PCI =
      "[{\"devices\": ["
          + "{\"bus\": 0, \"slot\": 31, \"function\": 2, \"class_info\": {\"class\": 262}},"
          + "{\"bus\": 0, \"slot\": 3, \"function\": 0, \"class_info\": {\"class\": 512}}]}]";

  private static final RequesterId BRIDGED_DISK = RequesterId.of(1, 2, 0);
  private static final RequesterId BEHIND_BRIDGE = RequesterId.of(1, 0, 0);
  private static final RequesterId BRIDGE = RequesterId.of(0, 5, 0);

  /** A disk controller behind a bridge of Red Hat's, whose device id is to be put in. */
  private static final String BRIDGED =
      "[{\"devices\": ["
          + "{\"bus\": 0, \"slot\": 5, \"function\": 0, \"class_info\": {\"class\": 1540},"
          + " \"id\": {\"vendor\": 6966, \"device\": %d},"
          + " \"pci_bridge\": {\"bus\": {\"secondary\": 1, \"subordinate\": 1}, \"devices\": ["
          + "{\"bus\": 1, \"slot\": 2, \"function\": 0, \"class_info\": {\"class\": 262}}]}}]}]";

  private static final int PCIE_PCI_BRIDGE = 14;
  private static final int PCI_BRIDGE = 1;
  private static final int ROOT_PORT = 12;
  private static final int UNHEARD_OF = 0x7ff;

  @TempDir private Path directory;

  @BeforeEach
  void guestWithMemory() throws IOException {
    try (RandomAccessFile ram = new RandomAccessFile(directory.resolve("ram").toFile(), "rw")) {
      ram.setLength(FakeGuest.MEMORY.sizeBytes());
    }
  }

  private Finding only(FindingCode code, RequesterId... named) throws IOException {
    Path socket = directory.resolve("s");
    Says says = new Says("CR3=0000000002300000", 0, Map.of("query-pci", PCI));
    try (FakeGuest _ = FakeGuest.start(socket, directory.resolve("ram"), says);
        OutsideHand hand = OutsideHand.attach(socket, directory.resolve("journals"))) {
      List<Finding> found =
          hand.judge(List.of(FakeGuest.CRASH), Set.of(named), false).verdict().findings().stream()
              .filter(f -> f.code() == code)
              .toList();
      assertEquals(1, found.size(), found::toString);
      return found.getFirst();
    }
  }

  /** {@return what is found of the disk's entry, where requests of {@code passing} pass} */
  private List<Finding> ofEntry(int bridge, RequesterId... passing) throws IOException {
    Path socket = directory.resolve("s");
    Says says = new Says("CR3=0000000002300000", 0, Map.of("query-pci", BRIDGED.formatted(bridge)));
    try (FakeGuest _ = FakeGuest.start(socket, directory.resolve("ram"), says);
        OutsideHand hand = OutsideHand.attach(socket, directory.resolve("journals"))) {
      for (RequesterId requester : passing) {
        FakeGuest.passThrough(hand.guest().memory(), requester);
      }
      return hand
          .judge(List.of(FakeGuest.CRASH), Set.of(BRIDGED_DISK), false)
          .verdict()
          .findings()
          .stream()
          .filter(f -> f.code() == FindingCode.A3)
          .toList();
    }
  }

  @ParameterizedTest
  @CsvSource({PCIE_PCI_BRIDGE + ", 01:00.0", PCI_BRIDGE + ", 00:05.0", ROOT_PORT + ", 01:02.0"})
  void aDiskIsJudgedByTheIdThatTheBridgeAboveItGivesItsRequests(int bridge, String carried)
      throws IOException {
    assertEquals(List.of(), ofEntry(bridge, RequesterId.parse(carried)));
  }

  @ParameterizedTest
  @ValueSource(ints = {PCIE_PCI_BRIDGE, PCI_BRIDGE})
  void aDiskWhoseOwnIdAloneIsLetPassIsBlocked(int bridge) throws IOException {
    Finding found = ofEntry(bridge, BRIDGED_DISK).getFirst();
    assertEquals(Severity.BROKEN, found.severity());
    OfDevice subject = (OfDevice) found.subject();
    assertEquals(BRIDGED_DISK, subject.device().address());
    assertEquals(bridge == PCI_BRIDGE ? BRIDGE : BEHIND_BRIDGE, subject.device().requester());
  }

  @Test
  void behindABridgeThatIsNotKnownItIsNotKnownWhichIdCounts() throws IOException {
    List<Finding> found = ofEntry(UNHEARD_OF, BRIDGED_DISK);
    assertEquals(
        List.of(Severity.UNKNOWN, Severity.UNKNOWN),
        found.stream().map(Finding::severity).toList());
    assertEquals(Fact.REQUESTER_ID_NOT_KNOWN, found.getFirst().evidence().getLast());
  }

  @Test
  void behindABridgeThatIsNotKnownADiskReachesMemoryIfEveryIdDoes() throws IOException {
    assertEquals(List.of(), ofEntry(UNHEARD_OF, BRIDGED_DISK, BRIDGE, BEHIND_BRIDGE));
  }

  @Test
  void whatIsKnownOfAGuestSaysWhereItIsFrom() throws IOException {
    Path socket = directory.resolve("s");
    Says says =
        new Says("CR3=0000000002300000", 0, Map.of("query-pci", BRIDGED.formatted(PCI_BRIDGE)));
    try (FakeGuest _ = FakeGuest.start(socket, directory.resolve("ram"), says);
        OutsideHand hand = OutsideHand.attach(socket, directory.resolve("journals"))) {
      Machine machine = hand.judge(List.of(FakeGuest.CRASH), Set.of(), false).machine();
      Device disk = machine.dumpPath().getFirst();
      assertEquals(BRIDGED_DISK, disk.address());
      assertEquals(List.of(BRIDGE), disk.aliases());
      Unit unit = machine.units().getFirst();
      assertEquals(0xfed90000L, unit.registerBase());
      assertEquals(List.of(BRIDGE), unit.devices());
      assertEquals(List.of(FakeGuest.MEMORY), machine.ram());
      Map<Aspect, Source> sources = machine.sources();
      assertEquals(Source.given("--crash-range"), sources.get(Aspect.CRASH_RANGES));
      assertEquals(Source.assumed(), sources.get(Aspect.DUMP_PATH));
      assertEquals(Kind.READ, sources.get(Aspect.DEVICES).kind());
      assertFalse(sources.containsKey(Aspect.DMA_MASKS), "nobody outside knows them");
      assertFalse(sources.containsKey(Aspect.FIRMWARE_REGIONS), "there are no tables");
      assertEquals(
          Source.given("--device"),
          hand.judge(List.of(FakeGuest.CRASH), Set.of(BRIDGED_DISK), false)
              .machine()
              .sources()
              .get(Aspect.DUMP_PATH));
    }
  }

  @Test
  void devicesBesideTheNamedOnesAreListedInANote() throws IOException {
    Finding finding = only(FindingCode.M2, DISK);
    assertEquals(Severity.NOTE, finding.severity());
    assertEquals(Part.NAMED_DEVICES, finding.subject());
    assertEquals(Fact.DEVICES_NAMED, finding.evidence().getFirst());
    Devices others = (Devices) finding.evidence().getLast();
    assertEquals(List.of(NETWORK), others.devices().stream().map(Device::requester).toList());
  }

  @Test
  void aDumpPathWithoutTheDiskIsNotKnown() throws IOException {
    Finding finding = only(FindingCode.M1, NETWORK);
    assertEquals(Severity.UNKNOWN, finding.severity());
    assertEquals(Fact.NO_DISK_NAMED, finding.evidence().getFirst());
  }

  @Test
  void aCrashRangeWithoutACaptureKernelIsNotKnownToBeOne() throws IOException {
    Finding finding = only(FindingCode.M3, DISK);
    assertEquals(Severity.UNKNOWN, finding.severity());
    assertEquals(List.of(FakeGuest.CRASH), finding.ranges());
    assertEquals(List.of(Fact.NO_CAPTURE_KERNEL_LOADED), finding.evidence());
  }

  private static final int COMMAND_LINE_OFFSET = 0x1000;

  /** kexec's core header at {@code header}, its boot parameters, and a command line for it. */
  private static void loadWithCommandLine(WritableMemory memory, long header, long boot) {
    AddressRange crash = FakeGuest.CRASH;
    TranslatingQemu.loadCaptureKernel(memory, crash, 0x3f00000);
    byte[] line = "elfcorehdr=0x%x intel_iommu=on\0".formatted(header).getBytes(US_ASCII);
    byte[] page = new byte[0x2000];
    ByteBuffer bytes = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0x202, 0x53726448).put(0x1e8, (byte) 1);
    bytes.putLong(0x2d0, crash.first()).putLong(0x2d8, crash.sizeBytes()).putInt(0x2e0, 1);
    bytes.putInt(0x228, (int) boot + COMMAND_LINE_OFFSET).putInt(0x238, 2047);
    bytes.position(COMMAND_LINE_OFFSET).put(line);
    long[] words = new long[page.length / Long.BYTES];
    bytes.rewind().asLongBuffer().get(words);
    memory.writeLongs(boot, words, words.length);
  }

  @Test
  void ofSeveralCaptureKernelsNoneIsKnownToBeTheOneThatWillRun() throws IOException {
    Path socket = directory.resolve("s");
    Says says = new Says("CR3=0000000002300000", 0, Map.of("query-pci", PCI));
    try (FakeGuest _ = FakeGuest.start(socket, directory.resolve("ram"), says);
        OutsideHand hand = OutsideHand.attach(socket, directory.resolve("journals"))) {
      WritableMemory memory = hand.guest().memory();
      long header = FakeGuest.CRASH.last() + 1 - 0x2000;
      loadWithCommandLine(memory, header, FakeGuest.CRASH.first() + 0x100000);
      assertEquals(
          "elfcorehdr=0x1ffe000 intel_iommu=on",
          hand.judge(List.of(FakeGuest.CRASH), Set.of(), false).capture().commandLine());
      memory.writeLongs(header + 0x1000, headerWords(memory, header), 32);
      assertEquals(
          CaptureKernel.notKnown(MappingMode.VTD),
          hand.judge(List.of(FakeGuest.CRASH), Set.of(), false).capture());
    }
  }

  private static long[] headerWords(WritableMemory memory, long header) {
    long[] words = new long[32];
    memory.readLongs(header, words, words.length);
    return words;
  }
}
