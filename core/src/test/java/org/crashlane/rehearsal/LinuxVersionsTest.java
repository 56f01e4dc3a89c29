// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a kernel does that is set one way, by its release. */
final class LinuxVersionsTest {

  @ParameterizedTest
  @CsvSource({
    "5.12, '', 5.12.0, true",
    "5.12, '', 5.11.22, false",
    "5.12, '', 6.1.0-57-amd64, true",
    "4.13, 5.11, 5.10.0-46-amd64, true",
    "4.13, 5.11, 4.9.0, false",
    "4.13, 5.11, 5.12-rc1, false",
    "4.14, 6.17, 6.2.0, true",
    "'', '', 2.6.32, true",
    "4.14, 6.17, mainline, false",
    "6.18, '', mainline, true",
  })
  void aReleaseIsHeldAgainstItsSeries(String first, String last, String release, boolean expected) {
    assertEquals(expected, new LinuxSetting.Versions(first, last).includes(release));
  }

  @ParameterizedTest
  @CsvSource({
    "OFF, AMDVI, 5.10.0-46-amd64, OFF",
    "OFF, AMDVI, 6.1.0-57-amd64, NONE",
    "IDENTITY, AMDVI, 5.10.0-46-amd64, OFF",
    "IDENTITY, AMDVI, 6.1.0-57-amd64, IDENTITY",
    "OFF, VTD, 6.1.0, OFF",
    "OFF, VTD, 4.9.0, NONE",
    "ADOPT, VTD, 6.1.0, ADOPT",
    "ADOPT, AMDVI, 7.3.4, ADOPT",
    "NONE, VTD, 6.1.0, NONE",
  })
  void theSameOptionDoesOtherThingsInOtherVersions(
      Strategy asked, MappingMode mode, String release, Strategy effect) {
    assertEquals(effect, LinuxSetting.effect(asked, mode, release));
  }

  @ParameterizedTest
  @CsvSource({
    "AMDVI, 6.17.13+deb13-amd64, COPY",
    "AMDVI, 6.18.0, REUSE",
    "AMDVI, 7.3.4+deb13-amd64, REUSE",
    "VTD, 7.3.4+deb13-amd64, COPY",
  })
  void amdsTablesAreReusedSince618(MappingMode mode, String release, Adoption expected) {
    assertEquals(expected, LinuxSetting.adoption(mode, release));
  }
}
