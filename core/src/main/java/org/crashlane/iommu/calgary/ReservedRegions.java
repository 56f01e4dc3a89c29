// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.memory.AddressRange;

/**
 * What the Linux driver reserves before it maps anything (2.6.27 {@code calgary_reserve_regions}).
 * Windows of bridges are not among it: they are read from PCI config space.
 */
public final class ReservedRegions {
  /** The first 32 pages. */
  private static final AddressRange EMERGENCY = new AddressRange(0, 0x1_ffffL);

  private static final BitField HIGH_HALF = BitField.bits("high half", 63, 32);

  /** Windows end at the end of a MiB, whatever the register's low bits say. */
  private static final BitField WITHIN_MEBIBYTE = BitField.bits("within 1 MiB", 19, 0);

  private ReservedRegions() {}

  /** {@return the regions that every PHB of {@code chip} has, whatever its registers say} */
  public static List<ReservedRegion> of(Chip chip) {
    return List.of(
        new ReservedRegion(EMERGENCY, ReservedRegion.Kind.EMERGENCY),
        new ReservedRegion(chip.lowRegion(), ReservedRegion.Kind.LOW_MEGABYTE));
  }

  /**
   * {@return the regions of a PHB, those of its windows by its registers}
   *
   * <p>A window whose last address is below its first is none.
   *
   * @param phb 0 to 3
   */
  public static List<ReservedRegion> of(Chip chip, RegisterFile registers, int phb) {
    List<ReservedRegion> regions = new ArrayList<>(of(chip));
    long mem1 = address(registers, phb, PhbRegister.MEM_1_HIGH, PhbRegister.MEM_1_LOW);
    long limit1 = register(registers, phb, PhbRegister.MEM_1_SIZE);
    window(mem1, limit1, ReservedRegion.Kind.MEM_1).ifPresent(regions::add);
    if (ConfigRw.MEM2_ENABLE.isSet(register(registers, phb, PhbRegister.CONFIG_RW))) {
      long mem2 = address(registers, phb, PhbRegister.MEM_2_HIGH, PhbRegister.MEM_2_LOW);
      long limit2 =
          address(registers, phb, PhbRegister.MEM_2_SIZE_HIGH, PhbRegister.MEM_2_SIZE_LOW);
      window(mem2, limit2, ReservedRegion.Kind.MEM_2).ifPresent(regions::add);
    }
    return List.copyOf(regions);
  }

  private static Optional<ReservedRegion> window(long first, long limit, ReservedRegion.Kind kind) {
    long last = limit | WITHIN_MEBIBYTE.mask();
    return Long.compareUnsigned(first, last) > 0
        ? Optional.empty()
        : Optional.of(new ReservedRegion(new AddressRange(first, last), kind));
  }

  private static long register(RegisterFile registers, int phb, PhbRegister register) {
    return Registers.read32(registers, Registers.of(phb, register));
  }

  private static long address(RegisterFile registers, int phb, PhbRegister high, PhbRegister low) {
    return HIGH_HALF.of(register(registers, phb, high)) | register(registers, phb, low);
  }
}
