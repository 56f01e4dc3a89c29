// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.bits.Word;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/** Every message passes as it is sent. */
enum NoInterruptRemapping implements InterruptRemapping, Term {
  INSTANCE;

  @Override
  public String meaning() {
    return "interrupts are not remapped";
  }

  @Override
  public boolean enabled() {
    return false;
  }

  @Override
  public boolean extendedDestinations() {
    return false;
  }

  @Override
  public List<Word> description() {
    return List.of();
  }

  @Override
  public List<AddressRange> tablePages() {
    return List.of();
  }

  @Override
  public InterruptFate fate(RequesterId source, InterruptMessage message) {
    return new InterruptFate.Delivered(message.target(), Reason.of(this));
  }

  @Override
  public boolean dependsOnSource() {
    return false;
  }

  @Override
  public InterruptPreparation prepare(RequesterId source) {
    return InterruptPreparation.needless(source);
  }
}
