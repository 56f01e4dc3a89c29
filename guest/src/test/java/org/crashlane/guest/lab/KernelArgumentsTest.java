// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.crashlane.guest.lab.GuestConfig.Hardware;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.iommu.IommuSetup.LinuxOption;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

class KernelArgumentsTest {
  private static final GuestConfig CONFIG = GuestConfig.defaults();
  private static final Scenario OUTSIDE =
      Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE);

  @Test
  void primaryKeepsTheArenaOfTheOutsideHandFree() {
    List<String> words = List.of(KernelArguments.primary(CONFIG, OUTSIDE).split(" "));
    assertTrue(words.contains("memmap=0x100000$0x10000000"), words.toString());
    assertTrue(words.contains("intel_iommu=on"), words.toString());
    assertTrue(words.contains("crashkernel=256M"), words.toString());
    assertFalse(words.contains("nokaslr"), words.toString());
  }

  @Test
  void nothingIsReservedForAGuestThatIsArmedWhenItHasCrashed() {
    Scenario scenario = Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.WHEN_CRASHED);
    String arguments = KernelArguments.primary(CONFIG, scenario);
    assertFalse(arguments.contains("memmap="), arguments);
  }

  @Test
  void kaslrIsSwitchedOffInBothKernels() {
    GuestConfig config = CONFIG.withKernels(kernels -> kernels.withKaslr(false));
    assertTrue(KernelArguments.primary(config, OUTSIDE).contains(" nokaslr"));
    assertTrue(
        KernelArguments.capture(config, Scenario.of(MappingMode.VTD, Strategy.NONE))
            .contains(" nokaslr"));
  }

  @Test
  void strategiesDifferInTheIommuAlone() {
    String none = KernelArguments.capture(CONFIG, Scenario.of(MappingMode.VTD, Strategy.NONE));
    assertFalse(none.contains("iommu"), none);
    assertTrue(none.contains("nvme_core.admin_timeout=5"), none);
    assertEquals(
        none, KernelArguments.capture(CONFIG, Scenario.of(MappingMode.VTD, Strategy.IDENTITY)));
    assertEquals(
        none + " intel_iommu=on",
        KernelArguments.capture(CONFIG, Scenario.of(MappingMode.VTD, Strategy.ADOPT)));
    assertEquals(
        none + " intel_iommu=off",
        KernelArguments.capture(CONFIG, Scenario.of(MappingMode.VTD, Strategy.OFF)));
  }

  @Test
  void whatLinuxIsAskedToDoWithTheIommuIsSaidToKernelsThatSeeIt() {
    GuestConfig config =
        CONFIG.with(
            new Hardware(
                1L << 30,
                1,
                Devices.of(DiskKind.NVME),
                new IommuSetup(
                    Set.of(Feature.SCALABLE_MODE), Set.of(LinuxOption.STRICT, LinuxOption.PT))));
    String asked = " intel_iommu=sm_on iommu.passthrough=1 iommu.strict=1";
    assertTrue(
        KernelArguments.primary(config, OUTSIDE).contains(" intel_iommu=on" + asked),
        KernelArguments.primary(config, OUTSIDE));
    assertFalse(KernelArguments.capture(config, OUTSIDE).contains("iommu"));
    assertTrue(
        KernelArguments.capture(config, Scenario.of(MappingMode.VTD, Strategy.ADOPT))
            .endsWith(" intel_iommu=on" + asked));
  }

  @Test
  void aLateTimerIsNoPanicButWhereRemappedInterruptsAreTried() {
    GuestConfig remapped =
        CONFIG.with(
            new Hardware(
                1L << 30,
                1,
                Devices.of(DiskKind.NVME),
                new IommuSetup(Set.of(Feature.INTERRUPT_REMAPPING), Set.of())));
    assertTrue(KernelArguments.primary(CONFIG, OUTSIDE).contains(" no_timer_check "));
    assertTrue(KernelArguments.capture(CONFIG, OUTSIDE).contains(" no_timer_check "));
    assertFalse(KernelArguments.primary(remapped, OUTSIDE).contains("no_timer_check"));
    assertFalse(KernelArguments.capture(remapped, OUTSIDE).contains("no_timer_check"));
  }

  @Test
  void aCardThatIsAssignedNeedsAWordWhereInterruptsAreNotRemapped() {
    String word = " vfio_iommu_type1.allow_unsafe_interrupts=1";
    assertTrue(KernelArguments.primary(with(NetworkCard.ASSIGNED), OUTSIDE).contains(word));
    assertFalse(KernelArguments.primary(with(NetworkCard.E1000E), OUTSIDE).contains(word));
    assertFalse(KernelArguments.capture(with(NetworkCard.ASSIGNED), OUTSIDE).contains(word));
  }

  private static GuestConfig with(NetworkCard card) {
    return CONFIG.with(TestHardware.with(card));
  }

  @Test
  void strategyTheLabDoesNotKnowIsNamed() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> KernelArguments.capture(CONFIG, Scenario.of(MappingMode.VTD, Strategy.ABORT)));
    assertTrue(e.getMessage().contains("abort"), e.getMessage());
  }
}
