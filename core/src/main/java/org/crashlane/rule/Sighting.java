// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.UnitState;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/** What was seen of a machine that crashes, or of its dump. */
public sealed interface Sighting extends Evidence {

  /**
   * A memory request that the IOMMU blocked, with its reason.
   *
   * @param from who had the device make it
   * @param fault the request and the reason
   */
  record Faulted(From from, Fault fault) implements Sighting {}

  /** Who has a device make requests after the panic. */
  enum From {
    CAPTURE_KERNEL,
    LEFTOVER,
    NOT_KNOWN
  }

  /**
   * A memory request that the IOMMU blocked without a record of it: neither its direction nor the
   * reason is known.
   *
   * @param requester who made it
   * @param iova where
   */
  record Blocked(RequesterId requester, long iova) implements Sighting {}

  /**
   * An interrupt that the IOMMU blocked.
   *
   * @param sender who sent it
   * @param address of the message
   * @param data of the message
   * @param event what the emulator's trace says of it
   */
  record BlockedInterrupt(Subject sender, long address, long data, String event)
      implements Sighting {}

  /**
   * A register of the IOMMU.
   *
   * @param name in the manual's words; empty if it has none here
   * @param offset from the first of the unit's registers
   */
  record RegisterId(String name, long offset) {
    /** {@return what {@code register} is known by} */
    public static RegisterId of(Register register) {
      return new RegisterId(register.name(), register.offset());
    }
  }

  /**
   * A value of a register.
   *
   * @param raw all of it
   * @param bits the names of those bits that are set, of which it matters
   * @param translation what it does to translation
   */
  record RegisterValue(long raw, List<String> bits, Translation translation) {
    public RegisterValue {
      bits = List.copyOf(bits);
    }

    /** A value whose bits are not told apart. */
    public RegisterValue(long raw) {
      this(raw, List.of(), Translation.NOT_SAID);
    }
  }

  /** What the value of a register does to translation. */
  enum Translation {
    ON,
    OFF,
    /** Another register decides. */
    NOT_SAID
  }

  /**
   * Accesses to registers, in order of the first to each.
   *
   * @param areReads true if all are reads; false if some may have been writes
   * @param registers which, each once
   * @param count how many accesses
   */
  record RegistersAccessed(boolean areReads, List<RegisterId> registers, int count)
      implements Sighting {
    public RegistersAccessed {
      registers = List.copyOf(registers);
    }
  }

  /**
   * Writes to one register.
   *
   * @param register which
   * @param count how many
   * @param first the first few different values
   * @param last the last value; may be among the first
   */
  record RegisterWritten(
      RegisterId register, int count, List<RegisterValue> first, RegisterValue last)
      implements Sighting {
    private static final int KEPT_COUNT = 3;

    public RegisterWritten {
      first = List.copyOf(first);
    }

    /** {@return all writes of {@code values} to {@code register}} */
    public static RegisterWritten of(RegisterId register, List<RegisterValue> values) {
      return new RegisterWritten(
          register,
          values.size(),
          values.stream().distinct().limit(KEPT_COUNT).toList(),
          values.getLast());
    }
  }

  /**
   * A register that was found changed.
   *
   * @param register which
   * @param before its value before the crash
   * @param after its value when the capture kernel was done
   */
  record RegisterChanged(RegisterId register, long before, long after) implements Sighting {}

  /**
   * What a capture kernel touched that is not its own.
   *
   * @param what what it did
   * @param address of the register or the memory
   * @param value what it wrote to a register; 0 of all else
   */
  record Touched(Touch what, long address, long value) implements Sighting {}

  /** What a capture kernel may do to what is not its own. */
  enum Touch {
    READS_MEMORY,
    WRITES_MEMORY,
    READS_REGISTER,
    WRITES_REGISTER,
    /** The register is locked, so that the write has no effect. */
    WRITES_LOCKED_REGISTER,
    READS_CONFIGURATION,
    WRITES_CONFIGURATION
  }

  /**
   * The device tables were moved, or translation switched.
   *
   * @param when since when
   * @param before physical address of the tables before
   * @param now physical address of the tables now
   * @param translation what becomes of DMA now
   */
  record DeviceTablesMoved(Since when, long before, long now, UnitState.Translation translation)
      implements Sighting {}

  /** Since when something of a guest has changed. */
  enum Since {
    CRASH,
    ARMING
  }

  /**
   * A word of memory that was changed.
   *
   * @param address where
   * @param before what it held
   * @param now what it holds
   */
  record WordChanged(long address, long before, long now) implements Sighting {}

  /**
   * The IOMMU's fault records were written to before the crash range was mapped.
   *
   * @param before the mark of the records while the guest lived
   * @param now the mark before the tables were written
   */
  record FaultsRecorded(long before, long now) implements Sighting {}

  /**
   * The header of a core that a capture kernel was given to dump.
   *
   * @param what what it says of the crash range
   * @param address physical address of the header
   * @param range the addresses that it says it of
   */
  record CoreHeader(CoreHeaderFact what, long address, AddressRange range) implements Sighting {}

  /** What a core header may say of a range. */
  enum CoreHeaderFact {
    /** Some of it is memory that is to be dumped. */
    DUMPED,
    /** That range is left out of the dump, and is not, or not all, what was named. */
    LEFT_OUT,
    /** The header is not in what was named, and leaves that range out of the dump. */
    ELSEWHERE
  }

  /**
   * What broke an invariant of a model first, and how often that happened.
   *
   * @param count how often
   * @param step the step of the run in which it was first seen
   * @param invariant which was broken
   * @param party who broke it
   * @param busAddress where, as a device or a processor has it
   * @param physicalAddress where in memory that is; the bus address if it is nowhere
   * @param sizeBytes how many bytes
   * @param evidence what was meant, and what the tables held
   */
  record Violated(
      long count,
      long step,
      Term invariant,
      Subject party,
      long busAddress,
      long physicalAddress,
      long sizeBytes,
      List<Evidence> evidence)
      implements Sighting {
    public Violated {
      evidence = List.copyOf(evidence);
    }
  }

  /**
   * Where a request would have gone had all been as a driver meant it.
   *
   * @param address physical address of the driver's buffer
   */
  record Meant(long address) implements Sighting {}

  /**
   * Why something came about in a model, as its kernels and units have it.
   *
   * @param reason why
   */
  record Modelled(Reason reason) implements Sighting {}

  /**
   * A dump of another kernel.
   *
   * @param found the release that it names
   * @param booted the one that crashed
   */
  record OtherRelease(String found, String booted) implements Sighting {}

  /**
   * How pages of a dump compare with memory at the panic.
   *
   * @param equalCount pages that are the same, and not all zeros
   * @param equalZeroCount pages that are all zeros in both
   * @param differentCount pages with other bytes
   * @param absentCount pages that the dump does not hold
   * @param firstDifferent physical addresses of the first different pages
   * @param firstAbsent the same of the absent ones
   */
  record PagesCompared(
      long equalCount,
      long equalZeroCount,
      long differentCount,
      long absentCount,
      List<Long> firstDifferent,
      List<Long> firstAbsent)
      implements Sighting {
    public PagesCompared {
      firstDifferent = List.copyOf(firstDifferent);
      firstAbsent = List.copyOf(firstAbsent);
    }
  }
}
