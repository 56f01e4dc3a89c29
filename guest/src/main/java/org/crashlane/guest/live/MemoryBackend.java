// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.guest.qmp.QmpCommandException;
import tools.jackson.databind.JsonNode;

/**
 * The file that holds a guest's memory.
 *
 * @param id the backend's id
 * @param file the file, there and readable
 * @param sizeBytes how much memory the guest has
 */
record MemoryBackend(String id, Path file, long sizeBytes) {
  private static final String OBJECTS = "/objects/";
  private static final long MEBIBYTE_BYTES = 1L << 20;

  /**
   * Asks QEMU.
   *
   * @throws IOException if the guest's memory is not in one shared file, saying how to start it
   */
  static MemoryBackend of(QmpClient qmp) throws IOException {
    JsonNode backends = qmp.execute("query-memdev");
    String path = property(qmp, "/machine", "memory-backend").orElse("");
    String id = path.startsWith(OBJECTS) ? path.substring(OBJECTS.length()) : "";
    long sizeBytes = 0;
    boolean shared = false;
    for (JsonNode backend : backends) {
      sizeBytes += backend.path("size").asLong(0);
      shared |=
          backend.path("id").asString("").equals(id) && backend.path("share").asBoolean(false);
    }
    Optional<String> memPath = shared ? property(qmp, path, "mem-path") : Optional.empty();
    if (memPath.isEmpty()) {
      throw new IOException(qmp.socket() + ": " + howToStart(sizeBytes));
    }
    return new MemoryBackend(id, file(qmp, Path.of(memPath.get())), sizeBytes);
  }

  private static String howToStart(long sizeBytes) {
    return "the guest's memory is not in one shared file; start it with -object"
        + " memory-backend-file,id=ram,size="
        + (sizeBytes == 0 ? "SIZE" : sizeBytes / MEBIBYTE_BYTES + "M")
        + ",mem-path=/dev/shm/guest.ram,share=on -machine memory-backend=ram";
  }

  private static Optional<String> property(QmpClient qmp, String path, String name)
      throws IOException {
    try {
      JsonNode value = qmp.execute("qom-get", Map.of("path", path, "property", name));
      return value.isString() ? Optional.of(value.asString()) : Optional.empty();
    } catch (QmpCommandException e) {
      return Optional.empty();
    }
  }

  /** QEMU tells the path as it was given; one that is relative may be so to the socket. */
  private static Path file(QmpClient qmp, Path told) throws IOException {
    Path besideSocket = qmp.socket().toAbsolutePath().resolveSibling(told);
    for (Path file : List.of(told, besideSocket)) {
      if (Files.isRegularFile(file)) {
        return file.toRealPath();
      }
    }
    throw new IOException(
        qmp.socket() + ": the guest's memory file " + told + " is no file here (was it removed?)");
  }
}
