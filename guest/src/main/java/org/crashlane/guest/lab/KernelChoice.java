// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.Optional;
import org.crashlane.guest.lab.parts.KernelFlavour;

/**
 * Which of Debian's kernels boot, and how.
 *
 * @param primary the kernel that dies
 * @param capture the kernel that writes the dump; where empty it follows from the strategy
 * @param kaslr whether they place themselves at random
 * @param crashkernel what stands behind {@code crashkernel=}
 */
public record KernelChoice(
    KernelFlavour primary, Optional<KernelFlavour> capture, boolean kaslr, String crashkernel) {

  /** {@return the same with that kernel as the primary} */
  public KernelChoice withPrimary(KernelFlavour flavour) {
    return new KernelChoice(flavour, capture, kaslr, crashkernel);
  }

  /** {@return the same with that capture kernel} */
  public KernelChoice withCapture(KernelFlavour flavour) {
    return new KernelChoice(primary, Optional.of(flavour), kaslr, crashkernel);
  }

  /** {@return the same with KASLR on or off} */
  public KernelChoice withKaslr(boolean on) {
    return new KernelChoice(primary, capture, on, crashkernel);
  }

  /** {@return the same with that behind {@code crashkernel=}} */
  public KernelChoice withCrashkernel(String text) {
    return new KernelChoice(primary, capture, kaslr, text);
  }
}
