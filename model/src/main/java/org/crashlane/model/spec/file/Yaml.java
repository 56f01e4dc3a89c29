// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.List;
import java.util.Map;

/** YAML (and with it JSON) as written: no tags, no anchors, every value with its place. */
sealed interface Yaml {

  /** {@return where it begins} */
  Place place();

  /**
   * Where in a file.
   *
   * @param line from 1
   * @param column from 1
   */
  record Place(int line, int column) {}

  /**
   * A scalar.
   *
   * @param value its characters
   * @param quoted true if it stands in quotes or in a block: then it is text whatever it looks like
   */
  record Text(String value, boolean quoted, Place place) implements Yaml {}

  /** A list. */
  record Items(List<Yaml> values, Place place) implements Yaml {}

  /** Fields by name, in the order of the file. */
  record Fields(Map<String, Field> byName, Place place) implements Yaml {}

  /**
   * A field.
   *
   * @param namePlace where its name stands
   * @param value its value
   */
  record Field(Place namePlace, Yaml value) {}
}
