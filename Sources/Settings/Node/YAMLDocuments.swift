package import PluginKit

/// Files of YAML beside the configuration, as strict as that.
package struct YAMLDocuments: SettingsDocuments {
  /// The folder that the configuration is in, beside which secrets need not be where there are credentials.
  private let folder: String?
  private let credentials: CredentialFolder?

  package init(besides folder: String? = nil, credentials: CredentialFolder? = nil) {
    (self.folder, self.credentials) = (folder, credentials)
  }

  package func open(_ path: String, isSecret: Bool) throws -> any SettingsSource {
    let path = isSecret ? place(of: path) : path
    let file = try read(path)
    guard !isSecret || !CredentialFolder.isOpenToOthers(path, mode: file.permissions, owner: file.owner, credentials) else {
      throw SettingsProblem("others can read this file: it has secrets (chmod 600)", place: path, isPermission: true)
    }
    return NodeSource(try YAMLDocument(parsing: file.bytes, file: path))
  }

  /// Where the file is: where it should be, else among the credentials.
  private func place(of path: String) -> String {
    guard let folder, let name = path.split(separator: "/").last, path == folder + "/" + name else { return path }
    return credentials?.place(of: String(name), besides: folder, isMissing: CredentialFolder.isMissing) ?? path
  }

  private func read(_ path: String) throws -> SettingsFile {
    do throws(SettingsErrors) {
      return try SettingsFile(path: path, limit: YAMLLimits().size)
    } catch {
      throw SettingsProblem(error.lines.first?.message ?? "the file cannot be read", place: path)
    }
  }
}
