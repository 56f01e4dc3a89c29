// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.Optional;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelSpec;
import org.crashlane.guest.lab.parts.LabKernel;

/**
 * Which kernels boot, and how.
 *
 * @param primary the kernel that dies
 * @param captureSpec which Linux writes the dump
 * @param captureFlavour in which of Debian's configurations; where empty it follows from the
 *     strategy
 * @param kaslr whether they place themselves at random
 * @param crashkernel what stands behind {@code crashkernel=}
 * @param captureSystem what runs in the capture kernel
 */
public record KernelChoice(
    LabKernel primary,
    KernelSpec captureSpec,
    Optional<KernelFlavour> captureFlavour,
    boolean kaslr,
    String crashkernel,
    CaptureSystem captureSystem) {

  /** {@return the same with the primary in that flavour} */
  public KernelChoice withPrimary(KernelFlavour flavour) {
    return new KernelChoice(
        primary.in(flavour), captureSpec, captureFlavour, kaslr, crashkernel, captureSystem);
  }

  /** {@return the same with that Linux as primary, and to write the dump where none was named} */
  public KernelChoice withLinux(KernelSpec spec) {
    return new KernelChoice(
        new LabKernel(spec, primary.flavour()),
        captureSpec instanceof KernelSpec.Host ? spec : captureSpec,
        captureFlavour,
        kaslr,
        crashkernel,
        captureSystem);
  }

  /** {@return the same with the capture kernel in that flavour} */
  public KernelChoice withCapture(KernelFlavour flavour) {
    return new KernelChoice(
        primary, captureSpec, Optional.of(flavour), kaslr, crashkernel, captureSystem);
  }

  /** {@return the same with KASLR on or off} */
  public KernelChoice withKaslr(boolean on) {
    return new KernelChoice(primary, captureSpec, captureFlavour, on, crashkernel, captureSystem);
  }

  /** {@return the same with that running in the capture kernel} */
  public KernelChoice withCaptureSystem(CaptureSystem system) {
    return new KernelChoice(primary, captureSpec, captureFlavour, kaslr, crashkernel, system);
  }

  /** {@return the same with that behind {@code crashkernel=}} */
  public KernelChoice withCrashkernel(String text) {
    return new KernelChoice(primary, captureSpec, captureFlavour, kaslr, text, captureSystem);
  }
}
