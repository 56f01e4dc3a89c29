// SPDX-License-Identifier: Apache-2.0
package org.crashlane.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PciAddressTest {

  @ParameterizedTest
  @CsvSource({
    "00:02.0,0,0000:00:02.0",
    "0000:00:02.0,0,0000:00:02.0",
    "1:3a:1f.7,1,0001:3a:1f.7",
    "ffff:ff:1f.7,65535,ffff:ff:1f.7",
    "10000:00:00.0,,",
    "-1:00:00.0,,"
  })
  void segmentIsZeroUnlessWritten(String text, Integer segment, String printed) {
    if (segment == null) {
      assertThrows(IllegalArgumentException.class, () -> PciAddress.parse(text));
      return;
    }
    PciAddress address = PciAddress.parse(text);
    assertEquals(segment, address.segment());
    assertEquals(printed, address.toString());
    assertEquals(address, PciAddress.parse(printed));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "::",
        "g:00:02.0",
        ":00:02.0",
        "0:0:0:0.0",
        "0000:00:02",
        "0000:00:20.0",
        "-0:00:02.0",
        "+1:00:02.0",
        "00000:00:02.0"
      })
  void whatIsNoDeviceIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> PciAddress.parse(text));
  }

  @Test
  void whatIsWantedIsSaid() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PciAddress.parse("x:00:02.0"));
    assertEquals("not a device: 'x:00:02.0' (expected [ssss:]bb:dd.f)", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 65536})
  void segmentsBeyondSixteenBitsAreRefused(int segment) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> new PciAddress(segment, new RequesterId(0)));
    assertEquals("PCI segment out of range: " + segment, e.getMessage());
  }

  @Test
  void orderIsBySegmentFirst() {
    PciAddress low = PciAddress.parse("0000:ff:1f.7");
    PciAddress high = PciAddress.parse("0001:00:00.0");
    assertTrue(low.compareTo(high) < 0);
    assertTrue(high.compareTo(low) > 0);
    assertTrue(PciAddress.parse("00:00.1").compareTo(PciAddress.parse("00:00.0")) > 0);
    assertEquals(0, low.compareTo(PciAddress.parse("0:ff:1f.7")));
  }
}
