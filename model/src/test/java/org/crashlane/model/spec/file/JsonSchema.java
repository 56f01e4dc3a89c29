// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.crashlane.model.spec.file.Yaml.Field;
import org.crashlane.model.spec.file.Yaml.Fields;
import org.crashlane.model.spec.file.Yaml.Items;
import org.crashlane.model.spec.file.Yaml.Text;

/**
 * As much of JSON Schema as the machine's schema uses, over YAML as editors see it: what is not in
 * quotes and looks like a number or a truth value is one.
 */
final class JsonSchema {
  private static final List<String> KNOWN =
      List.of(
          "$schema",
          "$ref",
          "$defs",
          "title",
          "description",
          "type",
          "required",
          "enum",
          "oneOf",
          "additionalProperties",
          "properties",
          "items",
          "minItems",
          "maxItems",
          "minLength",
          "maxLength",
          "pattern",
          "minimum",
          "maximum");

  private final Fields root;

  private JsonSchema(Fields root) {
    this.root = root;
  }

  static JsonSchema ofMachines() {
    return new JsonSchema((Fields) YamlReader.read("machine.schema.json", MachineFile.schema()));
  }

  boolean accepts(String text) {
    return accepts(root, YamlReader.read("instance", text));
  }

  private boolean accepts(Fields schema, Yaml value) {
    if (!KNOWN.containsAll(schema.byName().keySet())) {
      throw new IllegalStateException("not understood here: " + schema.byName().keySet());
    }
    Optional<Yaml> ref = get(schema, "$ref");
    return (ref.isEmpty() || accepts(definition(text(ref.get())), value))
        && (get(schema, "type").isEmpty() || isOneOf(types(schema), type(value)))
        && (get(schema, "enum").isEmpty() || isInEnum(schema, value))
        && (get(schema, "oneOf").isEmpty() || countOf(schema, value) == 1)
        && switch (value) {
          case Text scalar -> acceptsText(schema, scalar);
          case Items list -> acceptsItems(schema, list);
          case Fields fields -> acceptsFields(schema, fields);
        };
  }

  private Fields definition(String ref) {
    return (Fields) get((Fields) get(root, "$defs").orElseThrow(), ref.substring(8)).orElseThrow();
  }

  private static List<String> types(Fields schema) {
    return switch (get(schema, "type").orElseThrow()) {
      case Items list -> list.values().stream().map(JsonSchema::text).toList();
      case Yaml one -> List.of(text(one));
    };
  }

  private static boolean isOneOf(List<String> types, String type) {
    return types.contains(type);
  }

  private static boolean isInEnum(Fields schema, Yaml value) {
    return ((Items) get(schema, "enum").orElseThrow())
        .values().stream()
            .anyMatch(v -> type(v).equals(type(value)) && text(v).equals(text(value)));
  }

  private long countOf(Fields schema, Yaml value) {
    return ((Items) get(schema, "oneOf").orElseThrow())
        .values().stream().filter(one -> accepts((Fields) one, value)).count();
  }

  private static boolean acceptsText(Fields schema, Text value) {
    if (type(value).equals("integer")) {
      BigInteger number = number(value);
      return get(schema, "minimum").map(m -> number(m).compareTo(number) <= 0).orElse(true)
          && get(schema, "maximum").map(m -> number(m).compareTo(number) >= 0).orElse(true);
    }
    return type(value).equals("boolean")
        || (value.value().length() >= limit(schema, "minLength", 0)
            && value.value().length() <= limit(schema, "maxLength", Long.MAX_VALUE)
            && get(schema, "pattern")
                .map(p -> Pattern.compile(text(p)).matcher(value.value()).find())
                .orElse(true));
  }

  private boolean acceptsItems(Fields schema, Items list) {
    int count = list.values().size();
    return count >= limit(schema, "minItems", 0)
        && count <= limit(schema, "maxItems", Long.MAX_VALUE)
        && get(schema, "items")
            .map(s -> list.values().stream().allMatch(v -> accepts((Fields) s, v)))
            .orElse(true);
  }

  private boolean acceptsFields(Fields schema, Fields fields) {
    Map<String, Field> known =
        get(schema, "properties").map(p -> ((Fields) p).byName()).orElse(Map.of());
    boolean closed = get(schema, "additionalProperties").isPresent();
    List<Yaml> required = get(schema, "required").map(r -> ((Items) r).values()).orElse(List.of());
    return required.stream().allMatch(r -> fields.byName().containsKey(text(r)))
        && fields.byName().entrySet().stream()
            .allMatch(f ->
                known.containsKey(f.getKey())
                    ? accepts((Fields) known.get(f.getKey()).value(), f.getValue().value())
                    : !closed);
  }

  private static String type(Yaml value) {
    return switch (value) {
      case Fields _ -> "object";
      case Items _ -> "array";
      case Text text when text.quoted() -> "string";
      case Text text when text.value().matches("true|false") -> "boolean";
      case Text text when text.value().matches("-?[0-9]+|0x[0-9a-fA-F]+") -> "integer";
      case Text text when text.value().matches("|null|~") -> "null";
      case Text text when text.value().matches("-?[0-9]+\\.[0-9]*") -> "number";
      case Text _ -> "string";
    };
  }

  private static Optional<Yaml> get(Fields schema, String name) {
    return Optional.ofNullable(schema.byName().get(name)).map(Field::value);
  }

  private static long limit(Fields schema, String name, long otherwise) {
    return get(schema, name).map(v -> Long.parseLong(text(v))).orElse(otherwise);
  }

  private static BigInteger number(Yaml value) {
    String digits = text(value);
    return digits.startsWith("0x")
        ? new BigInteger(digits.substring(2), 16)
        : new BigInteger(digits);
  }

  private static String text(Yaml value) {
    return value instanceof Text text ? text.value() : "";
  }
}
