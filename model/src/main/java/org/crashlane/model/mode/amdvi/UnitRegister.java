// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import static org.crashlane.model.mode.paging.AccessKind.ONE_TO_CLEAR;
import static org.crashlane.model.mode.paging.AccessKind.READ_WRITE;

import java.util.Map;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.iommu.amdvi.Registers.ExclusionBase;
import org.crashlane.iommu.amdvi.Registers.ExclusionLimit;
import org.crashlane.iommu.amdvi.Registers.Pointer;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.iommu.amdvi.Registers.Status;
import org.crashlane.model.mode.paging.AccessKind;
import org.crashlane.model.mode.paging.Register;
import org.crashlane.model.mode.paging.RegisterSpec;

/**
 * The registers of a unit, as data: what there is, where, and what writes do to which bits; those
 * in no field here are read-only. What is not listed (page requests, guest logs, device table
 * segments, counters) the unit does not have: it reads as zero, and EFR says so.
 */
enum UnitRegister implements Register {
  DEV_TAB_BASE(
      Registers.DEV_TAB_BASE, Map.of(DevTabBase.SIZE, READ_WRITE, DevTabBase.BASE, READ_WRITE)),
  CMD_BUF_BASE(Registers.CMD_BUF_BASE, Map.of(Ring.BASE, READ_WRITE, Ring.LENGTH, READ_WRITE)),
  EVT_LOG_BASE(Registers.EVT_LOG_BASE, Map.of(Ring.BASE, READ_WRITE, Ring.LENGTH, READ_WRITE)),
  CONTROL(
      Registers.CONTROL,
      Map.of(
          Control.IOMMU_EN,
          READ_WRITE,
          Control.EVENT_LOG_EN,
          READ_WRITE,
          Control.EVENT_INT_EN,
          READ_WRITE,
          Control.COHERENT,
          READ_WRITE,
          Control.CMD_BUF_EN,
          READ_WRITE)),
  EXCLUSION_BASE(
      Registers.EXCLUSION_BASE,
      Map.of(
          ExclusionBase.EX_EN,
          READ_WRITE,
          ExclusionBase.ALLOW,
          READ_WRITE,
          ExclusionBase.BASE,
          READ_WRITE)),
  EXCLUSION_LIMIT(Registers.EXCLUSION_LIMIT, Map.of(ExclusionLimit.LIMIT, READ_WRITE)),
  EXT_FEATURES(Registers.EXT_FEATURES, Map.of()),
  CMD_HEAD(Registers.CMD_HEAD, Map.of(Pointer.OFFSET, READ_WRITE)),
  CMD_TAIL(Registers.CMD_TAIL, Map.of(Pointer.OFFSET, READ_WRITE)),
  EVT_HEAD(Registers.EVT_HEAD, Map.of(Pointer.OFFSET, READ_WRITE)),
  EVT_TAIL(Registers.EVT_TAIL, Map.of(Pointer.OFFSET, READ_WRITE)),
  STATUS(
      Registers.STATUS,
      Map.of(
          Status.EVENT_OVERFLOW,
          ONE_TO_CLEAR,
          Status.EVENT_LOG_INT,
          ONE_TO_CLEAR,
          Status.COM_WAIT_INT,
          ONE_TO_CLEAR));

  @SuppressWarnings("ImmutableEnumChecker") // A record of numbers.
  private final RegisterSpec spec;

  UnitRegister(int offset, Map<BitField, AccessKind> access) {
    this.spec = RegisterSpec.of(offset, Long.BYTES, access);
  }

  @Override
  public RegisterSpec spec() {
    return spec;
  }

  /** {@return true if SEV-SNP locks it (AMD 48882 rev. 3.10, section 2.12.2.1)} */
  boolean isLockedBySnp() {
    return switch (this) {
      case DEV_TAB_BASE, CMD_BUF_BASE, EVT_LOG_BASE, EXCLUSION_BASE, EXCLUSION_LIMIT -> true;
      case CONTROL, EXT_FEATURES, CMD_HEAD, CMD_TAIL, EVT_HEAD, EVT_TAIL, STATUS -> false;
    };
  }
}
