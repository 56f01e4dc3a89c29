// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded probes against the unit; needs no QEMU. */
class ReplayTest {
  private static final List<String> SAMPLES = List.of("vtd-39.jsonl.gz", "vtd-48.jsonl.gz");

  @ParameterizedTest
  @ValueSource(strings = {"vtd-39.jsonl.gz", "vtd-48.jsonl.gz"})
  void ownRecordsReplayWithoutDifference(String name) throws Exception {
    ReplayResult result = Replay.of(sample(name), ReplayLimits.standard());
    assertTrue(result.probeCount() >= 1000);
    assertEquals(List.of(), result.differences());
    assertTrue(result.agrees());
  }

  @ParameterizedTest
  @ValueSource(strings = {"qemu_vtd_aw_bits_39.jsonl.gz", "qemu_vtd_aw_bits_48.jsonl.gz"})
  void sharedRecordsReplayWithoutDifference(String name) throws IOException {
    ReplayResult result = Replay.of(SharedFiles.require("oracle/" + name), ReplayLimits.standard());
    assertTrue(result.probeCount() >= 2000);
    assertEquals(List.of(), result.differences());
  }

  @ParameterizedTest
  @EnumSource
  void everyMutantIsFoundOut(Mutant mutant) throws Exception {
    long differences = 0;
    for (String name : SAMPLES) {
      ReplayResult result =
          Replay.of(sample(name), ReplayLimits.standard(), mutant.over(VtdUnits.FACTORY));
      assertFalse(result.differences().stream().anyMatch(d -> d.toString().contains("\n")));
      differences += result.differenceCount();
    }
    assertTrue(differences > 0, mutant + " passes for sound");
  }

  private static Path sample(String name) throws URISyntaxException {
    Optional<URL> resource = Optional.ofNullable(ReplayTest.class.getResource(name));
    return Path.of(resource.orElseThrow().toURI());
  }
}
