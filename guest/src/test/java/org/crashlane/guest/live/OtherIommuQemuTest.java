// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.ArmResult;
import org.crashlane.guest.qmp.QemuProcess;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests whose dump does not go through tables that are read here. */
class OtherIommuQemuTest {
  private static final List<AddressRange> CRASH =
      List.of(AddressRange.ofSize(0x8000000, 0x4000000));

  @TempDir Path directory;

  private QemuProcess start(String... devices) throws Exception {
    List<String> options = new ArrayList<>(List.of("-M", "q35,memory-backend=m", "-m", "256M"));
    options.addAll(List.of("-object", "memory-backend-memfd,share=on,size=256M,id=m"));
    Path disk = Files.write(directory.resolve("disk"), new byte[1 << 20]);
    options.addAll(List.of("-drive", "if=none,id=d0,format=raw,file=" + disk));
    options.addAll(List.of(devices));
    return QemuProcess.start(directory, options.toArray(String[]::new));
  }

  private Verdict judged(QemuProcess qemu) throws Exception {
    try (OutsideHand hand = OutsideHand.attach(qemu.socket(), directory.resolve("journals"))) {
      assertInstanceOf(
          ArmResult.Unneeded.class, hand.arm(CRASH, Set.of(), Optional.empty(), List.of()));
      return hand.judge(CRASH, Set.of(), false).verdict();
    }
  }

  private static boolean has(Verdict verdict, FindingCode code, Severity severity) {
    return verdict.findings().stream().anyMatch(f -> f.code() == code && f.severity() == severity);
  }

  @Test
  void aVirtioIommuIsNamedAndUnknown() throws Exception {
    try (QemuProcess qemu =
        start("-device", "virtio-iommu-pci", "-device", "nvme,drive=d0,serial=x")) {
      Verdict verdict = judged(qemu);
      assertEquals(Verdict.Answer.UNKNOWN, verdict.answer());
      assertEquals(true, has(verdict, FindingCode.W1, Severity.UNKNOWN));
      try (GuestReader guest = GuestReader.attach(qemu.socket())) {
        assertThrows(UnreadIommuException.class, guest::walk);
      }
    }
  }

  @Test
  void aGuestWithoutIommuHasNothingBroken() throws Exception {
    try (QemuProcess qemu = start("-device", "nvme,drive=d0,serial=x")) {
      Verdict verdict = judged(qemu);
      assertEquals(
          List.of(FindingCode.M3),
          verdict.findings().stream()
              .filter(f -> f.severity() != Severity.NOTE)
              .map(f -> f.code())
              .toList(),
          "no capture kernel is loaded, and nothing else is amiss");
    }
  }

  @Test
  void devicesBesideTheIommuAreFound() throws Exception {
    try (QemuProcess qemu =
            start(
                "-device", "intel-iommu",
                "-device", "virtio-blk-pci,drive=d0,addr=5",
                "-device", "virtio-scsi-pci,addr=6,iommu_platform=on,disable-legacy=on",
                "-device", "pxb-pcie,bus_nr=8,id=px,bypass_iommu=on",
                "-device", "pcie-root-port,bus=px,id=rp");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      assertEquals(
          Map.of(
              RequesterId.of(0, 5, 0), Fact.BYPASSED_BY_VIRTIO,
              RequesterId.of(8, 0, 0), Fact.BYPASSED_BY_HOST_BRIDGE),
          guest.iommuProperties().passing());
    }
  }
}
