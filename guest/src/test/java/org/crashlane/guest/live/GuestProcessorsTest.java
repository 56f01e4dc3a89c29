// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.guest.qmp.FakeQemu;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.interrupt.Processors;
import org.crashlane.interrupt.Processors.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What QEMU tells of a guest's processors, and what is made of no answer. */
class GuestProcessorsTest {
  private static final List<Integer> OF_FIRMWARE = List.of(4, 300);

  @TempDir Path directory;
  private final Map<String, String> answers = new HashMap<>();

  private Processors known(boolean remapsToWideIds) throws IOException {
    Path socket = directory.resolve("s");
    try (FakeQemu _ =
            FakeQemu.listen(socket, FakeQemu.answering(c -> answers.getOrDefault(c, "")));
        QmpClient qmp = QmpClient.connect(socket)) {
      return GuestProcessors.of(qmp, OF_FIRMWARE).known(remapsToWideIds);
    }
  }

  private void processor(int index, String apicId, String x2apic, String kvm) {
    String path = "/machine/cpu" + index;
    answers.merge(
        "query-cpus-fast",
        "[{\"qom-path\": \"%s\"}]".formatted(path),
        (before, now) -> before.replace("]", ", ") + now.substring(1));
    answers.put("qom-get " + path + " apic-id", apicId);
    answers.put("qom-get " + path + " x2apic", x2apic);
    answers.put("qom-get " + path + " kvm", kvm);
  }

  @Test
  void idsAreQemusAndFirmwaresWhereQemuHasNone() throws IOException {
    answers.put("qmp_capabilities", "{}");
    assertEquals(new Processors(OF_FIRMWARE, Mode.UNKNOWN), known(true));
    directory.resolve("s").toFile().delete();
    processor(0, "0", "false", "true");
    processor(1, "6", "false", "true");
    assertEquals(new Processors(List.of(0, 6), Mode.XAPIC), known(true));
    directory.resolve("s").toFile().delete();
    processor(2, "", "false", "true");
    assertEquals(OF_FIRMWARE, known(true).apicIds(), "one of them is not told");
  }

  @ParameterizedTest
  @CsvSource({
    "false, true, true, true, XAPIC",
    "true, true, true, false, X2APIC",
    "true, true, false, false, UNKNOWN",
    "true, true, true, true, X2APIC_OF_KVM",
    "true, false, true, true, X2APIC",
    "'', true, true, true, UNKNOWN",
    "1, true, true, true, UNKNOWN",
    "true, '', true, true, UNKNOWN"
  })
  void theModeIsSaidWhereItIsKnown(
      String x2apic, String showsKvm, boolean remapsToWideIds, boolean isKvm, Mode mode)
      throws IOException {
    answers.put("qmp_capabilities", "{}");
    answers.put("query-kvm", "{\"enabled\": %s, \"present\": true}".formatted(isKvm));
    processor(0, "0", x2apic, showsKvm);
    assertEquals(mode, known(remapsToWideIds).mode());
  }

  @Test
  void oneProcessorWithX2apicIsEnoughForAllToBeInItsMode() throws IOException {
    answers.put("qmp_capabilities", "{}");
    processor(0, "0", "false", "true");
    processor(1, "6", "true", "true");
    assertEquals(Mode.X2APIC, known(true).mode());
  }
}
