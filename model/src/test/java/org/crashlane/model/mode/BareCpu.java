// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode;

import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;

/** A CPU that reaches memory and registers, with nobody looking on. */
public record BareCpu(ModelMemory memory, Remapper remapper) implements Cpu {

  @Override
  public RegisterPort mmio() {
    return remapper.mmio(memory);
  }

  @Override
  public RegisterPort config() {
    return remapper.config(memory);
  }
}
