// SPDX-License-Identifier: Apache-2.0
package org.crashlane.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RequesterIdTest {

  @ParameterizedTest
  @CsvSource({
    "0,0,0,0x0000,00:00.0",
    "0,2,0,0x0010,00:02.0",
    "255,31,7,0xffff,ff:1f.7",
    "1,0,0,0x0100,01:00.0",
    "0,31,0,0x00f8,00:1f.0",
    "0,0,7,0x0007,00:00.7",
    "240,31,6,0xf0fe,f0:1f.6"
  })
  void busDeviceAndFunctionShareSixteenBits(
      int bus, int device, int function, String value, String text) {
    RequesterId id = RequesterId.of(bus, device, function);
    assertEquals(Integer.decode(value), id.value());
    assertEquals(bus, id.bus());
    assertEquals(device, id.device());
    assertEquals(function, id.function());
    assertEquals(device * 8 + function, id.devfn());
    assertEquals(text, id.toString());
    assertEquals(id, RequesterId.parse(text));
    assertEquals(id, RequesterId.of(bus, id.devfn()));
  }

  @Test
  void valuesAreWhatTheyPrint() {
    int oddStep = 97;
    for (int value = 0; value <= 0xffff; value += oddStep) {
      RequesterId id = new RequesterId(value);
      assertEquals(id, RequesterId.parse(id.toString()));
      assertEquals(id, RequesterId.of(id.bus(), id.device(), id.function()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0x1_0000, Integer.MIN_VALUE})
  void valuesBeyondSixteenBitsAreRefusedOnPci(int value) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> RequesterId.ofPci(value));
    assertEquals("requester id beyond 16 bits: " + value, e.getMessage());
  }

  @Test
  void streamIdsOfThirtyTwoBitsAreToldApart() {
    RequesterId low = new RequesterId(0, 0x1_0100);
    RequesterId high = new RequesterId(0, 0xffff_ffff);
    assertEquals("0x10100", low.toString());
    assertEquals("0002:0xffffffff", high.inSegment(2).toString());
    assertNotEquals(new RequesterId(0x100), low);
    assertTrue(low.compareTo(high) < 0);
    assertFalse(high.isPci());
  }

  @ParameterizedTest
  @CsvSource({"256,0,0", "-1,0,0", "0,32,0", "0,-1,0", "0,0,8", "0,0,-1"})
  void partsOutOfRangeAreRefused(int bus, int device, int function) {
    assertThrows(IllegalArgumentException.class, () -> RequesterId.of(bus, device, function));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00:02",
        "00:02.8",
        "00:20.0",
        "100:00.0",
        "00:02.0 ",
        "100000:00:02.0",
        ":00:02.0",
        "g0:00.0"
      })
  void whatIsNoDeviceIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> RequesterId.parse(text));
  }

  @Test
  void whatIsWantedIsSaid() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> RequesterId.parse("nvme0"));
    assertEquals("not a device: 'nvme0' (expected [ssss:]bb:dd.f)", e.getMessage());
  }

  @Test
  void shortAndUpperCaseFormsAreRead() {
    assertEquals(RequesterId.of(0xa, 1, 2), RequesterId.parse("A:1.2"));
  }

  @Test
  void orderIsThatOfTheBus() {
    assertTrue(RequesterId.parse("01:00.0").compareTo(RequesterId.parse("00:1f.7")) > 0);
    assertTrue(RequesterId.parse("00:02.0").compareTo(RequesterId.parse("00:02.1")) < 0);
    assertEquals(0, RequesterId.parse("00:02.0").compareTo(new RequesterId(0x10)));
  }

  @ParameterizedTest
  @CsvSource({
    "0000:00:02.0,0,00:02.0",
    "1:00:02.0,1,0001:00:02.0",
    "00ff:01:00.0,255,00ff:01:00.0",
    "10000:01:00.0,65536,10000:01:00.0"
  })
  void segmentsAreReadAndThatOfMostMachinesIsNotPrinted(String text, int segment, String printed) {
    RequesterId id = RequesterId.parse(text);
    assertEquals(segment, id.segment());
    assertEquals(printed, id.toString());
    assertEquals(RequesterId.parse(printed), id);
  }

  @Test
  void sameIdInTwoSegmentsIsTwoRequestersThatAnIommuSeesAsOne() {
    RequesterId first = RequesterId.parse("01:00.0");
    RequesterId second = first.inSegment(1);
    assertNotEquals(first, second);
    assertTrue(first.compareTo(second) < 0);
    assertEquals(first, second.onBus());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0x10_0000})
  void segmentsOutOfRangeAreRefused(int segment) {
    assertThrows(IllegalArgumentException.class, () -> new RequesterId(segment, 0));
  }
}
