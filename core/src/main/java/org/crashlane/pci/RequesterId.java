// SPDX-License-Identifier: Apache-2.0
package org.crashlane.pci;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.BitField;

/**
 * Who makes a DMA request: bus, device and function in 16 bits, as they stand on the bus and in an
 * IOMMU's fault record. Printed {@code bb:dd.f}.
 *
 * @param value bus in 15:8, device in 7:3, function in 2:0
 */
public record RequesterId(int value) implements Comparable<RequesterId> {
  private static final BitField ID = BitField.bits("requester id", 15, 0);
  private static final BitField BUS = BitField.bits("bus", 15, 8);
  private static final BitField DEVFN = BitField.bits("devfn", 7, 0);
  private static final BitField DEVICE = BitField.bits("device", 7, 3);
  private static final BitField FUNCTION = BitField.bits("function", 2, 0);
  private static final int HEX_RADIX = 16;
  private static final Pattern TEXT =
      Pattern.compile("([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])");

  public RequesterId {
    if (value != (int) ID.inPlace(value)) {
      throw new IllegalArgumentException("requester id beyond 16 bits: " + value);
    }
  }

  /** {@return the id of bus 0–255, device 0–31, function 0–7} */
  public static RequesterId of(int bus, int device, int function) {
    return new RequesterId((int) (BUS.of(bus) | DEVICE.of(device) | FUNCTION.of(function)));
  }

  /** {@return the id of bus 0–255 and {@code devfn} 0–255, device and function together} */
  public static RequesterId of(int bus, int devfn) {
    return new RequesterId((int) (BUS.of(bus) | DEVFN.of(devfn)));
  }

  /**
   * Reads {@code bb:dd.f}, hexadecimal.
   *
   * @throws IllegalArgumentException saying what was wanted
   */
  public static RequesterId parse(String text) {
    Matcher m = TEXT.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException("not a device: '" + text + "' (wanted bb:dd.f)");
    }
    return of(
        Integer.parseInt(m.group(1), HEX_RADIX),
        Integer.parseInt(m.group(2), HEX_RADIX),
        Integer.parseInt(m.group(3)));
  }

  /** {@return the bus, 0 to 255} */
  public int bus() {
    return (int) BUS.get(value);
  }

  /** {@return device and function together, 0 to 255: an index into a context table} */
  public int devfn() {
    return (int) DEVFN.get(value);
  }

  /** {@return the device on its bus, 0 to 31} */
  public int device() {
    return (int) DEVICE.get(value);
  }

  /** {@return the function of the device, 0 to 7} */
  public int function() {
    return (int) FUNCTION.get(value);
  }

  @Override
  public int compareTo(RequesterId other) {
    return Integer.compare(value, other.value);
  }

  @Override
  public String toString() {
    return String.format("%02x:%02x.%d", bus(), device(), function());
  }
}
