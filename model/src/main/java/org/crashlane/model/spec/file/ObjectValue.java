// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.List;
import java.util.Optional;
import org.crashlane.model.spec.file.Yaml.Fields;

/**
 * An object of a machine's file.
 *
 * @param value itself
 * @param fields its fields
 */
record ObjectValue(Value value, Fields fields) {

  /** {@return this if all its fields are among {@code names}} */
  ObjectValue withOnly(List<String> names) {
    for (String name : fields.byName().keySet()) {
      if (!names.contains(name)) {
        throw unknown(name, names);
      }
    }
    return this;
  }

  /** {@return the value of a field that must be there} */
  Value required(String name) {
    return optional(name).orElseThrow(() -> value.wrong("the field '" + name + "' is missing"));
  }

  /** {@return the value of a field that may be missing} */
  Optional<Value> optional(String name) {
    return Optional.ofNullable(fields.byName().get(name))
        .map(field -> new Value(value.source(), path(name), field.value()));
  }

  private MachineFileException unknown(String name, List<String> names) {
    return value.wrong(
        fields.byName().get(name).namePlace(),
        "no field is called %s here: %s"
            .formatted(Value.quoted(name), NearestName.choices(name, names)));
  }

  private String path(String name) {
    return value.path().isEmpty() ? name : value.path() + "." + name;
  }
}
