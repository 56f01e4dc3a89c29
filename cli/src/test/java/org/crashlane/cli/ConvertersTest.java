// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {

  @ParameterizedTest
  @ValueSource(strings = {"00:1f.2", "0000:00:1f.2", "0:1F.2"})
  void segmentZeroMayBeNamed(String text) {
    assertEquals(RequesterId.of(0, 0x1f, 2), Converters.requester(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0001:00:1f.2", "1f.2", "00:1f.8", ""})
  void whatIsNoDeviceOfSegmentZeroIsRefused(String text) {
    assertThrows(TypeConversionException.class, () -> Converters.requester(text));
  }

  @Test
  void otherSegmentIsNamedInTheRefusal() {
    TypeConversionException e =
        assertThrows(TypeConversionException.class, () -> Converters.requester("0001:00:1f.2"));
    assertEquals("'0001:00:1f.2' is in another segment than 0000", e.getMessage());
  }
}
