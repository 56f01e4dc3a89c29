// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.OptionalLong;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;

/** What is wrong with a mapping driver's writes to registers of the IOMMU. */
@FunctionalInterface
interface RegisterFault {
  /** Nothing is wrong. */
  RegisterFault NONE = (_, value) -> OptionalLong.of(value);

  /** {@return what is written instead of {@code value}; nothing if the write is lost} */
  OptionalLong written(long address, long value);

  /** {@return writes to the registers that {@code which} accepts are lost} */
  static RegisterFault lost(LongPredicate which) {
    return (address, value) -> which.test(address) ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /** {@return registers that {@code which} accepts get other values} */
  static RegisterFault altered(LongPredicate which, LongUnaryOperator wrong) {
    return (address, value) ->
        OptionalLong.of(which.test(address) ? wrong.applyAsLong(value) : value);
  }
}
