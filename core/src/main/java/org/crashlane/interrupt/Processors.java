// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.List;

/**
 * The processors, as far as interrupts depend on them: any of them may be the one that crashes.
 *
 * @param apicIds their APIC ids; empty if they are not known
 * @param mode how their local APICs run
 */
public record Processors(List<Integer> apicIds, Mode mode) {
  /** Ids from here on do not fit into xAPIC mode's 8 bits; 255 is everybody. */
  public static final int BEYOND_XAPIC = 255;

  /** Nothing is known of them. */
  public static final Processors UNKNOWN = new Processors(List.of(), Mode.UNKNOWN);

  /** The mode of the local APICs (Intel SDM volume 3, "Extended XAPIC (x2APIC)"). */
  public enum Mode {
    UNKNOWN,
    /** Ids of 8 bits. */
    XAPIC,
    /** Ids of 32 bits; software may go back to xAPIC by way of a disabled APIC. */
    X2APIC,
    /**
     * The same in a guest that sees that KVM runs it: Linux may stay in x2APIC mode without
     * remapping interrupts (arch/x86/kernel/kvm.c, x2apic_available).
     */
    X2APIC_OF_KVM,
    /** x2APIC that firmware has locked (IA32_XAPIC_DISABLE_STATUS): there is no way back. */
    X2APIC_LOCKED
  }

  public Processors {
    apicIds = List.copyOf(apicIds);
  }

  /** {@return the ids that are none in xAPIC mode} */
  public List<Integer> beyondXapic() {
    return apicIds.stream().filter(id -> Integer.compareUnsigned(id, BEYOND_XAPIC) >= 0).toList();
  }
}
