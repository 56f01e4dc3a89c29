// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@code modules.dep}, as depmod writes it: one line for each module, {@code PATH: PATH...}, what
 * it needs behind the colon, what must be loaded first standing last (modules.dep(5)).
 */
final class ModuleDependencies {
  private final Map<String, List<String>> loadOrder;

  private ModuleDependencies(Map<String, List<String>> loadOrder) {
    this.loadOrder = loadOrder;
  }

  static ModuleDependencies parse(String text) {
    Map<String, List<String>> loadOrder = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String path = line.substring(0, colon).strip();
      List<String> paths = new ArrayList<>();
      for (String needed : line.substring(colon + 1).strip().split(" +", -1)) {
        if (!needed.isEmpty()) {
          paths.addFirst(needed);
        }
      }
      paths.add(path);
      loadOrder.put(nameOf(path), List.copyOf(paths));
    }
    return new ModuleDependencies(loadOrder);
  }

  /**
   * {@return the paths to load so that {@code module} is loaded, in order; empty if there is no
   * such module: it is built in, or the kernel does not have it}
   */
  List<String> loadOrder(String module) {
    return loadOrder.getOrDefault(module, List.of());
  }

  private static String nameOf(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    int dot = file.indexOf('.');
    return dot < 0 ? file : file.substring(0, dot);
  }
}
