// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What one IOMMU does with interrupts, by its registers as they were when its tables were opened
 * and by the tables in memory as they are now.
 */
public interface InterruptRemapping {

  /**
   * The vectors that Linux of any version gives to devices and IOAPIC pins: from {@code
   * FIRST_EXTERNAL_VECTOR} up to below {@code FIRST_SYSTEM_VECTOR}, which is 0xec since 5.x and was
   * 0xee and 0xef before (arch/x86/include/asm/irq_vectors.h).
   */
  int VECTOR_FIRST = 0x20;

  /** Last of them. */
  int VECTOR_LAST = 0xee;

  /** {@return all of them} */
  static IntStream deviceVectors() {
    return IntStream.rangeClosed(VECTOR_FIRST, VECTOR_LAST);
  }

  /**
   * Memory that the unit writes instead of sending an interrupt.
   *
   * @param what what it is, and of which entry
   * @param range where it is
   */
  record Posted(Reason what, AddressRange range) {}

  /** {@return false if every message passes as it is sent, whoever sends it} */
  boolean enabled();

  /** {@return true if its entries name processors by 32 bits: the primary uses x2APIC} */
  boolean extendedDestinations();

  /** {@return the registers that say so} */
  List<Word> description();

  /** {@return the pages that its tables are in, each of 4 KiB, each once} */
  List<AddressRange> tablePages();

  /**
   * {@return what the unit writes instead of sending interrupts: descriptors and virtual APICs of
   * guests that entries post to, whoever may use the entry} Entries that cannot be read are left
   * out.
   */
  default List<Posted> posted() {
    return List.of();
  }

  /**
   * {@return what becomes of {@code message} from {@code source}}
   *
   * @param source the requester id by which the unit knows the sender: a device's own or its alias;
   *     of an IOAPIC or a HPET, what the ACPI tables give it
   */
  InterruptFate fate(RequesterId source, InterruptMessage message);

  /**
   * {@return true if messages of an unaware kernel may fare differently by who sends them, so that
   * one sender's tell nothing of another's}
   */
  boolean dependsOnSource();

  /**
   * {@return what could be written so that the messages of an unaware kernel from {@code source}
   * arrive, for {@link #deviceVectors} and whichever processor it runs on}
   */
  InterruptPreparation prepare(RequesterId source);

  /**
   * {@return true if the primary kernel may have the unit let pass messages that name no entry, as
   * an unaware kernel's (VT-d: GCMD.CFI, of no effect with IRTA.EIME)}
   */
  default boolean mayLetCompatibilityPass() {
    return false;
  }

  /** {@return the remapping of an IOMMU that has none: all messages pass} */
  static InterruptRemapping none() {
    return NoInterruptRemapping.INSTANCE;
  }
}
