// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.guest.live.FakeGuest.Says;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.vtd.RootEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What QEMU says of a guest's IOMMU decides how its tables are read. */
class IommuPropertiesTest {
  @TempDir Path directory;

  private static String qtree(String device, String width) {
    return "  dev: %s, id \"\"\n    aw-bits = %s (0x27)\n".formatted(device, width);
  }

  private static int width(String qtree) {
    return IommuProperties.parse(qtree).facts().addressWidth();
  }

  @ParameterizedTest
  @ValueSource(ints = {39, 48})
  void theAddressWidthIsThatOfTheIntelIommu(int bits) {
    assertEquals(bits, width(qtree("intel-iommu", "" + bits)));
  }

  @ParameterizedTest
  @CsvSource({"intel-iommu, 0", "intel-iommu, 99", "intel-iommu, none", "virtio-iommu-pci, 39"})
  void aWidthThatIsNoneOfItsIsNotKnown(String device, String width) {
    assertEquals(HostFacts.ADDRESS_WIDTH_MAX, width(qtree(device, width)));
  }

  @Test
  void memoryOfAGuestThatIsReadIsNotEncrypted() {
    assertEquals(0, IommuProperties.parse("").facts().encryptionMask());
  }

  /** The context table is said to be at 1 TiB, where the guest has no memory. */
  @ParameterizedTest
  @CsvSource({"39, RESERVED", "48, UNREADABLE"})
  void addressBitsAboveTheWidthAreReserved(int bits, Kind kind) throws IOException {
    Path file = directory.resolve("ram");
    Path socket = directory.resolve("s");
    Map<String, String> answers = new HashMap<>();
    answers.put(
        "human-monitor-command info qtree",
        "\"" + qtree("intel-iommu", "" + bits).replace("\"", "\\\"").replace("\n", "\\n") + "\"");
    try (FakeGuest _ = FakeGuest.start(socket, file, new Says("", 0, answers));
        LiveGuest guest = LiveGuest.attach(socket)) {
      guest.memory().writeLong(FakeGuest.ROOT_TABLE, RootEntry.low(1L << 40));
      List<Malformation> found = guest.tables().devices().malformations();
      assertEquals(List.of(kind), found.stream().map(Malformation::kind).toList());
    }
  }
}
