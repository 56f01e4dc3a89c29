// SPDX-License-Identifier: Apache-2.0
package org.crashlane.pci;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.BitField;

/**
 * Who makes a DMA request, as an IOMMU's tables and faults name it: of PCI bus, device and function
 * in 16 bits, elsewhere a stream id of 32 bits (Arm SMMU architecture, "StreamID"); and the PCI
 * segment, or the number of the stream's name space. An IOMMU serves one, and neither its tables
 * nor its faults hold the number. Printed {@code bb:dd.f}, or {@code 0x12345} where that is more
 * than PCI has, with {@code ssss:} before it where the segment is not 0.
 *
 * @param segment PCI segment group; above 0xffff, what Linux gives to a controller that hides a bus
 *     of its own (VMD counts from 0x10000: drivers/pci/controller/vmd.c, Linux 6.1)
 * @param value bus in 15:8, device in 7:3, function in 2:0; or a stream id, unsigned
 */
public record RequesterId(int segment, int value) implements Comparable<RequesterId> {
  /** The largest segment that is taken: five hexadecimal digits. */
  public static final int SEGMENT_MAX = 0xfffff;

  private static final BitField ID = BitField.bits("requester id", 15, 0);
  private static final BitField BUS = BitField.bits("bus", 15, 8);
  private static final BitField DEVFN = BitField.bits("devfn", 7, 0);
  private static final BitField DEVICE = BitField.bits("device", 7, 3);
  private static final BitField FUNCTION = BitField.bits("function", 2, 0);
  private static final int HEX_RADIX = 16;
  private static final Pattern TEXT =
      Pattern.compile("(?:([0-9a-fA-F]{1,5}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])");

  public RequesterId {
    if (segment < 0 || segment > SEGMENT_MAX) {
      throw new IllegalArgumentException("PCI segment out of range: " + segment);
    }
  }

  /** The requester with this id in segment 0. */
  public RequesterId(int value) {
    this(0, value);
  }

  /**
   * {@return the requester with this id on PCI, in segment 0}
   *
   * @throws IllegalArgumentException if it has more than 16 bits
   */
  public static RequesterId ofPci(int value) {
    RequesterId id = new RequesterId(value);
    if (!id.isPci()) {
      throw new IllegalArgumentException("requester id beyond 16 bits: " + value);
    }
    return id;
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
   * Reads {@code [ssss:]bb:dd.f}, hexadecimal.
   *
   * @throws IllegalArgumentException saying what was wanted
   */
  public static RequesterId parse(String text) {
    Matcher m = TEXT.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException("not a device: '" + text + "' (expected [ssss:]bb:dd.f)");
    }
    int segment = m.group(1) == null ? 0 : Integer.parseInt(m.group(1), HEX_RADIX);
    return of(
            Integer.parseInt(m.group(2), HEX_RADIX),
            Integer.parseInt(m.group(3), HEX_RADIX),
            Integer.parseInt(m.group(4)))
        .inSegment(segment);
  }

  /** {@return the requester with the same id in {@code other} segment} */
  public RequesterId inSegment(int other) {
    return other == segment ? this : new RequesterId(other, value);
  }

  /** {@return the requester as an IOMMU knows it, whose tables are about one segment} */
  public RequesterId onBus() {
    return inSegment(0);
  }

  /** {@return true if it has no more bits than PCI gives it, so that bus and function say all} */
  public boolean isPci() {
    return value == (int) ID.inPlace(value);
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
    int bySegment = Integer.compare(segment, other.segment);
    return bySegment != 0 ? bySegment : Integer.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    String onBus =
        isPci()
            ? String.format("%02x:%02x.%d", bus(), device(), function())
            : "0x" + Integer.toHexString(value);
    return segment == 0 ? onBus : String.format("%04x:%s", segment, onBus);
  }
}
