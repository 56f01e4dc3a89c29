// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * First-level tables as requests of user privilege meet them: to these an entry without U/S, at any
 * level, is as good as none. All else reads as it is in memory.
 *
 * @param memory where the tables are
 */
record UserView(PhysicalMemory memory) implements PhysicalMemory {

  @Override
  public String source() {
    return memory.source();
  }

  @Override
  public List<AddressRange> ranges() {
    return memory.ranges();
  }

  @Override
  public long readLong(long address) {
    return seen(memory.readLong(address));
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    memory.readLongs(address, into, count);
    for (int i = 0; i < count; i++) {
      into[i] = seen(into[i]);
    }
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    memory.read(address, into, offset, length);
  }

  private static long seen(long entry) {
    return FirstLevelEntry.US.isSet(entry) ? entry : 0;
  }
}
