// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import java.util.Optional;
import org.crashlane.rule.Evidence;

/**
 * What was measured of one crash.
 *
 * @param dump what the dump disk contains
 * @param faultsAfterCrash requests that the IOMMU blocked after the panic
 * @param registerWritesAfterCrash what was written to the IOMMU's registers after the panic; one
 *     piece may be several writes to one register
 * @param detection what shows that the capture kernel had found the IOMMU
 * @param translatingAtEnd whether the IOMMU still translated when the capture kernel was done
 * @param account what else the stage knows
 */
public record Observations(
    DumpOutcome dump,
    List<Evidence> faultsAfterCrash,
    List<Evidence> registerWritesAfterCrash,
    List<Evidence> detection,
    boolean translatingAtEnd,
    Account account) {

  /** What one stage knows of a crash and others do not. */
  public sealed interface Account permits Tally, Kernels {}

  /**
   * Real kernels that were booted: what is on their bus is not seen.
   *
   * @param release the primary's release; empty where it did not come to say it
   * @param captureRelease the capture kernel's, likewise
   * @param primaryArguments the primary's command line
   * @param captureArguments the capture kernel's command line
   * @param frames what became of frames, for each network card that was sent some
   * @param qemu what ran them, as it names itself with its version
   */
  public record Kernels(
      String release,
      String captureRelease,
      String primaryArguments,
      String captureArguments,
      List<Frames> frames,
      String qemu)
      implements Account {
    public Kernels {
      frames = List.copyOf(frames);
    }
  }

  public Observations {
    faultsAfterCrash = List.copyOf(faultsAfterCrash);
    registerWritesAfterCrash = List.copyOf(registerWritesAfterCrash);
    detection = List.copyOf(detection);
  }

  /** {@return what became of frames that were sent to network cards, where some were} */
  public List<Frames> frames() {
    return account instanceof Kernels kernels ? kernels.frames() : List.of();
  }

  /** {@return what was counted, on a stage that sees every byte on the bus} */
  public Optional<Tally> tally() {
    return account instanceof Tally tally ? Optional.of(tally) : Optional.empty();
  }
}
