// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.crashlane.firmware.Tables.bridge;
import static org.crashlane.firmware.Tables.dmarBytes;
import static org.crashlane.firmware.Tables.drhd;
import static org.crashlane.firmware.Tables.endpoint;
import static org.crashlane.firmware.Tables.madtBytes;
import static org.crashlane.firmware.Tables.rmrr;
import static org.crashlane.firmware.Tables.scope;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.crashlane.acpi.Flaw;
import org.crashlane.bits.Reason;
import org.crashlane.firmware.FirmwareInMemory;
import org.crashlane.guest.live.FakeGuest.Says;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Reading.InTable;
import org.crashlane.rule.Reading.NoAcpiTable;
import org.crashlane.rule.Reading.UnreadTable;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.OfFirmware;
import org.crashlane.rule.Subject.Part;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest's firmware has devices do, as it is known from the guest's memory. */
class GuestFirmwareTest {
  private static final long BIOS = 0xf5a10;
  private static final long TABLES = 0x3fe0000;
  private static final long FIRST = FakeGuest.CRASH.first() + 0x10000;
  private static final long LAST = FIRST + 0xffff;
  private static final String UNIT = drhd(0xfed90000L, 1, 0);
  private static final RequesterId DISK = RequesterId.of(0, 31, 2);

  /** A disk controller, and a bridge with a card behind it. */
  private static final String PCI =
      """
      [{"devices": [
        {"bus": 0, "slot": 31, "function": 2, "class_info": {"class": 262}},
        {"bus": 0, "slot": 28, "function": 0, "class_info": {"class": 1540},
         "id": {"vendor": 6966, "device": 12},
         "pci_bridge": {"bus": {"number": 0, "secondary": 1, "subordinate": 2},
           "devices": [{"bus": 1, "slot": 0, "function": 0, "class_info": {"class": 512}}]}}]}]\
      """
          .replace('\n', ' ');

  @TempDir Path directory;
  private final Map<String, String> answers = new HashMap<>(Map.of("query-pci", PCI));
  private MappedImage memory;

  @BeforeEach
  void guestWithMemory() throws IOException {
    Path file = directory.resolve("ram");
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(FakeGuest.MEMORY.sizeBytes());
    }
    memory = MappedImage.openForWriting(file, List.of(new ImageRegion(FakeGuest.MEMORY, 0)));
  }

  private void install(byte[]... tables) {
    FirmwareInMemory.install(memory, BIOS, TABLES, tables);
  }

  private void passThrough(RequesterId requester) {
    FakeGuest.passThrough(memory, requester);
  }

  /** {@return what is found of firmware's regions} */
  private List<Finding> found() throws IOException {
    Path socket = directory.resolve("s");
    Says says = new Says("CR3=0000000002300000", 0, answers);
    try (MappedImage _ = memory;
        FakeGuest _ = FakeGuest.start(socket, directory.resolve("ram"), says);
        OutsideHand hand = OutsideHand.attach(socket, directory.resolve("journals"))) {
      return hand.judge(List.of(FakeGuest.CRASH), Set.of(), false).verdict().findings().stream()
          .filter(f -> f.code() == FindingCode.F1)
          .toList();
    }
  }

  /** One region of the disk's, of which {@code fact} is shown last. */
  private void requireOfDisk(Severity severity, Fact fact) throws IOException {
    Finding found = requireOne(severity);
    OfFirmware subject = assertInstanceOf(OfFirmware.class, found.subject());
    assertEquals(DISK.toString(), subject.region().devices());
    assertEquals(fact, found.evidence().getLast());
  }

  /** One doubt about firmware's tables, for which {@code reason} is shown last. */
  private void requireDoubt(Predicate<Evidence> reason) throws IOException {
    Finding found = requireOne(Severity.UNKNOWN);
    assertEquals(Part.FIRMWARE, found.subject());
    assertTrue(reason.test(found.evidence().getLast()), found::toString);
  }

  /** {@return the devices of a region, or that it is firmware as a whole} */
  private static String subject(Finding finding) {
    return finding.subject() instanceof OfFirmware of
        ? of.region().devices()
        : finding.subject().toString();
  }

  private Finding requireOne(Severity severity) throws IOException {
    List<Finding> found = found();
    assertEquals(1, found.size(), found::toString);
    assertEquals(severity, found.getFirst().severity(), found::toString);
    return found.getFirst();
  }

  @Test
  void aRegionOverTheCrashRangeThatItsDeviceReachesIsBroken() throws IOException {
    install(madtBytes(), dmarBytes(UNIT, rmrr(FIRST, LAST, 0, endpoint("00 1f02"))));
    passThrough(DISK);
    requireOfDisk(Severity.BROKEN, Fact.REQUESTS_REACH_CRASH_RANGE);
  }

  @Test
  void oneThatTheIommuBlocksIsANote() throws IOException {
    install(dmarBytes(UNIT, rmrr(FIRST, LAST, 0, endpoint("00 1f02"))));
    requireOfDisk(Severity.NOTE, Fact.REQUESTS_BLOCKED);
  }

  @Test
  void regionsElsewhereAreNoFinding() throws IOException {
    install(dmarBytes(UNIT, rmrr(0x3000000, 0x3000fff, 0, endpoint("00 1f02"))));
    passThrough(DISK);
    assertEquals(List.of(), found());
  }

  @ParameterizedTest
  @ValueSource(longs = {0x3f00004, 0x2fffff8, 0x9fff4, 0x3ffffdc})
  void withoutABiosThePointerIsLookedForInAllOfMemory(long pointerAt) throws IOException {
    byte[] dmar = dmarBytes(UNIT, rmrr(FIRST, LAST, 0, endpoint("00 1f02")));
    FirmwareInMemory.install(memory, pointerAt / 8 * 8, TABLES, dmar);
    if (pointerAt % 8 != 0) {
      byte[] pointer = new byte[40];
      memory.read(pointerAt / 8 * 8, pointer, 4, 36);
      FirmwareInMemory.write(memory, pointerAt / 8 * 8, pointer);
    }
    passThrough(DISK);
    requireOfDisk(Severity.BROKEN, Fact.REQUESTS_REACH_CRASH_RANGE);
  }

  @Test
  void withoutTablesItIsNotKnown() throws IOException {
    requireDoubt(new UnreadTable("DMAR", Reason.of(Flaw.ROOT_POINTER_NOT_FOUND))::equals);
  }

  @Test
  void aTableThatWasWrittenOverIsNotBelieved() throws IOException {
    byte[] dmar = dmarBytes(UNIT, rmrr(0x3000000, 0x3000fff, 0, endpoint("00 1f02")));
    dmar[70] ^= 4;
    install(dmar);
    requireDoubt(new InTable("DMAR", 9, Reason.of(Flaw.BYTES_DO_NOT_ADD_UP))::equals);
  }

  @Test
  void aTranslatingUnitThatNoTableNamesIsNotUnderstood() throws IOException {
    install(madtBytes());
    requireDoubt(new NoAcpiTable("DMAR")::equals);
  }

  /** Linux refuses the table for its unit at address 0; the device does not know that. */
  @Test
  void regionsOfATableThatLinuxRefusesCountAllTheSame() throws IOException {
    install(dmarBytes(drhd(0, 1, 0), rmrr(FIRST, LAST, 0, endpoint("00 1f02"))));
    passThrough(DISK);
    requireOfDisk(Severity.BROKEN, Fact.REQUESTS_REACH_CRASH_RANGE);
  }

  @Test
  void aSecondTableSaysWhatLinuxDoesNotKnow() throws IOException {
    install(dmarBytes(UNIT), dmarBytes(UNIT, rmrr(FIRST, LAST, 0, endpoint("00 1f02"))));
    passThrough(DISK);
    requireDoubt(Fact.NOT_FIRST_TABLE::equals);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 00 1c00 0000, 01:00.0, BROKEN",
    "2, 00 1c00, 01:00.0 to 02:1f.7, BROKEN",
    "1, 00 1d00 0000, FIRMWARE, UNKNOWN",
    "1, 00 3f00, FIRMWARE, UNKNOWN",
    "3, 00 1c00, FIRMWARE, UNKNOWN",
  })
  void pathsAreFollowedThroughBridges(int type, String path, String subject, Severity severity)
      throws IOException {
    install(dmarBytes(UNIT, rmrr(FIRST, LAST, 0, scope(type, 0, path))));
    passThrough(RequesterId.of(1, 0, 0));
    List<Finding> found =
        found().stream().filter(f -> f.severity().compareTo(severity) == 0).toList();
    assertEquals(List.of(subject), found.stream().map(GuestFirmwareTest::subject).toList());
  }

  /** The bridge is a pci-bridge, whose id requests from behind it carry. */
  @Test
  void aDeviceUsesItsRegionByTheIdThatItsRequestsCarry() throws IOException {
    answers.put("query-pci", PCI.replace("\"device\": 12", "\"device\": 1"));
    install(dmarBytes(UNIT, rmrr(FIRST, LAST, 0, scope(1, 0, "00 1c00 0000"))));
    passThrough(RequesterId.of(0, 28, 0));
    Finding found = requireOne(Severity.BROKEN);
    assertEquals("00:1c.0", subject(found));
  }

  @Test
  void aRegionOfNoDeviceIsSomebodys() throws IOException {
    install(dmarBytes(UNIT, rmrr(FIRST, LAST, 0)));
    requireDoubt(Fact.USERS_NOT_KNOWN::equals);
  }

  @Test
  void bridgesAreTheOthersThatABridgesRegionIsFor() throws IOException {
    install(dmarBytes(UNIT, rmrr(FIRST, LAST, 0, bridge("00 1c00"))));
    assertEquals(
        Map.of("00:1c.0", Severity.NOTE, "01:00.0 to 02:1f.7", Severity.NOTE),
        Map.copyOf(
            found().stream()
                .collect(Collectors.toMap(GuestFirmwareTest::subject, Finding::severity))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "qom-get /machine confidential-guest-support | \"/objects/sev0\"",
        "qom-get /machine memory-encryption | \"sev0\"",
        "query-sev | {\"enabled\": true}"
      })
  void aGuestWhoseMemoryIsEncryptedIsNotJudged(String command, String answer) {
    answers.put("qom-get /machine confidential-guest-support", "");
    answers.put(command, answer);
    IOException e = assertThrows(IOException.class, this::found);
    assertTrue(e.getMessage().contains("the guest's memory is encrypted"), e.getMessage());
  }

  /**
   * Those of sockets that are empty, and of processors that the firmware has switched off, are
   * none.
   */
  @Test
  void apicIdsAreThoseOfProcessorsThatAreOn() throws IOException {
    String on = "0008 00 04 01000000";
    String off = "0008 01 05 00000000";
    String pluggable = "0008 02 06 02000000";
    String wide = "0910 0000 2c010000 01000000 03000000";
    install(madtBytes(on, off, pluggable, wide));
    Path socket = directory.resolve("s");
    try (MappedImage _ = memory;
        FakeGuest _ =
            FakeGuest.start(
                socket, directory.resolve("ram"), new Says("CR3=0000000002300000", 0, answers));
        LiveGuest guest = LiveGuest.attach(socket)) {
      assertEquals(List.of(4, 300), GuestFirmware.read(guest, guest.pciFunctions()).apicIds());
    }
  }
}
