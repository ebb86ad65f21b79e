package import PluginKit

/// Files of YAML beside the configuration, as strict as that.
package struct YAMLDocuments: SettingsDocuments {
  package init() {}

  package func open(_ path: String, isSecret: Bool) throws -> any SettingsSource {
    let file = try read(path)
    guard !isSecret || !file.isOpenToOthers else {
      throw SettingsProblem("others can read this file: it has secrets (chmod 600)", place: path, isPermission: true)
    }
    return NodeSource(try YAMLDocument(parsing: file.bytes, file: path))
  }

  private func read(_ path: String) throws -> SettingsFile {
    do throws(SettingsErrors) {
      return try SettingsFile(path: path, limit: YAMLLimits().size)
    } catch {
      throw SettingsProblem(error.lines.first?.message ?? "the file cannot be read", place: path)
    }
  }
}
