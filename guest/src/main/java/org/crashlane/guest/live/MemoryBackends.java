// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.guest.qmp.QmpClient;
import tools.jackson.databind.JsonNode;

/**
 * What QEMU says of the backends of a guest's memory. What a non-volatile module has is left out:
 * no kernel takes it for its memory, and what is written there stays.
 *
 * @param ids the ids of those that are shared
 * @param privateIds the ids of those that are not
 * @param sizeBytes of all of them
 */
record MemoryBackends(Set<String> ids, Set<String> privateIds, long sizeBytes) {
  /** MemoryDeviceInfo in QEMU's qapi/machine.json. */
  private static final Set<String> NON_VOLATILE = Set.of("nvdimm", "virtio-pmem");

  private static final long MEBIBYTE_BYTES = 1L << 20;

  /** Asks QEMU. */
  static MemoryBackends of(QmpClient qmp) throws IOException {
    Set<String> shared = new TreeSet<>();
    Set<String> unshared = new TreeSet<>();
    long sizeBytes = 0;
    Set<String> nonVolatile = nonVolatile(qmp.execute("query-memory-devices"));
    for (JsonNode backend : qmp.execute("query-memdev")) {
      boolean isShared = backend.path("share").asBoolean(false);
      String id = backend.path("id").asString("");
      if (!nonVolatile.contains(id)) {
        (isShared ? shared : unshared).add(id);
        sizeBytes += backend.path("size").asLong(0);
      }
    }
    return new MemoryBackends(shared, unshared, sizeBytes);
  }

  private static Set<String> nonVolatile(JsonNode devices) {
    Set<String> ids = new TreeSet<>();
    for (JsonNode device : devices) {
      if (NON_VOLATILE.contains(device.path("type").asString(""))) {
        ids.add(FlatView.backendId(device.path("data").path("memdev").asString("")));
      }
    }
    return ids;
  }

  /** {@return how to start a guest whose memory is read and written here} */
  String howToStart() {
    return start()
        + "; if it has crashed do not restart it: 'virsh dump --memory-only', or dump-guest-memory of"
        + " QMP, saves its memory";
  }

  private String start() {
    if (ids.isEmpty() && privateIds.size() <= 1) {
      return "start it with -object memory-backend-file,id=ram,size=%s,mem-path=/dev/shm/guest.ram,share=on -machine memory-backend=ram"
          .formatted(sizeBytes == 0 ? "SIZE" : sizeBytes / MEBIBYTE_BYTES + "M");
    }
    return "start it with share=on for each memory backend (%s)"
        .formatted(String.join(", ", privateIds));
  }
}
