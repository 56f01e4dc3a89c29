// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.guest.lab.judge.DumpJudge;
import org.crashlane.guest.lab.judge.PanicSample;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;

/**
 * All that was collected of one run. The files exist until the run is closed.
 *
 * @param scenario what was run
 * @param iommu the guest's IOMMU
 * @param primaryConsole the console up to the panic, that line included
 * @param captureConsole the console from there on
 * @param facts what the primary said of itself
 * @param captureRelease the release the capture kernel gave, empty if it never spoke
 * @param captureEnd how the capture kernel ended
 * @param disk the disk that takes the dump, or a file of what came over the network
 * @param memory the guest's memory file
 * @param sample pages as they were at the panic
 * @param frames what became of frames, for each network card
 * @param trace what QEMU's IOMMU traced
 * @param atReady the IOMMU's registers before anything was done to the guest
 * @param atEnd the same when the capture kernel was done, before it powers off
 * @param times how long it took
 * @param qemuStatus QEMU's exit status; empty if it had to be killed
 */
public record LabEvidence(
    Scenario scenario,
    LabIommu iommu,
    List<String> primaryConsole,
    List<String> captureConsole,
    PrimaryFacts facts,
    Optional<String> captureRelease,
    CaptureEnd captureEnd,
    DumpDisk disk,
    Path memory,
    PanicSample sample,
    List<Frames> frames,
    IommuTrace trace,
    RegisterSnapshot atReady,
    RegisterSnapshot atEnd,
    PhaseTimes times,
    OptionalInt qemuStatus) {

  /**
   * The disk that takes the dump.
   *
   * @param file its bytes
   * @param system what wrote to it
   * @param writtenBytes how much, after the panic
   */
  public record DumpDisk(Path file, CaptureSystem system, long writtenBytes) {
    private boolean mayBeUnread() throws IOException {
      if (system instanceof CaptureSystem.OfLab) {
        return false;
      }
      try (InputStream in = Files.newInputStream(file)) {
        return !Arrays.equals(in.readNBytes(ELF_MAGIC.length), ELF_MAGIC);
      }
    }
  }

  private static final byte[] ELF_MAGIC = {0x7f, 'E', 'L', 'F'};

  /** In front of a kernel message. */
  private static final Pattern TIME_STAMP = Pattern.compile("^\\[ *[0-9]+\\.[0-9]+\\] ");

  public LabEvidence {
    primaryConsole = List.copyOf(primaryConsole);
    captureConsole = List.copyOf(captureConsole);
    frames = List.copyOf(frames);
  }

  /**
   * {@return what was measured, for the rule}
   *
   * <p>The capture kernel has found an IOMMU if it read its registers, or says that it uses one.
   *
   * @param dump the judge's word on the disk
   * @param kernels what was booted
   */
  public Observations observations(DumpOutcome dump, Observations.Kernels kernels) {
    List<Evidence> detection = new ArrayList<>();
    captureMessages().stream()
        .filter(iommu::isDetection)
        .map(line -> new Quote(Source.CAPTURE_KERNEL, TIME_STAMP.matcher(line).replaceFirst("")))
        .forEach(detection::add);
    LabIommu.Sightings seen = sightings();
    detection.addAll(seen.accesses());
    return new Observations(
        dump, seen.blocked(), seen.writes(), detection, atEnd.translating(), kernels);
  }

  /** {@return what the capture kernel's console says of a dump that is missing} */
  CaptureConsole console() {
    return new CaptureConsole(captureConsole);
  }

  /** {@return what the disk has of a dump, compared with memory at the panic} */
  public DumpOutcome judged() throws IOException {
    if (disk.mayBeUnread()) {
      List<Evidence> reasons = new ArrayList<>();
      reasons.add(new Amount(Quantity.BYTES_WRITTEN_TO_DISK, disk.writtenBytes()));
      reasons.addAll(console().ofDump());
      return disk.writtenBytes() == 0
          ? new DumpOutcome.Missing(reasons)
          : new DumpOutcome.Unread(reasons);
    }
    return DumpJudge.judge(
        disk.file(),
        facts.release(),
        sample,
        scenario.strategy(),
        iommu.ownMemory(atReady),
        frames);
  }

  /** {@return {@code dump}, or that there was no room for one where memory ran out} */
  DumpOutcome explained(DumpOutcome dump) {
    Optional<Quote> outOfMemory = console().outOfMemory();
    return dump.gotThrough() || outOfMemory.isEmpty()
        ? dump
        : new DumpOutcome.NoRoom(outOfMemory.get());
  }

  /** {@return what QEMU traced of its IOMMU after the crash} */
  LabIommu.Sightings sightings() {
    return iommu.sightings(trace.after(), atReady, atEnd);
  }

  /** {@return what the capture kernel said of IOMMUs and disks} */
  public List<String> captureMessages() {
    return new Transcript(captureConsole).values("message");
  }
}
