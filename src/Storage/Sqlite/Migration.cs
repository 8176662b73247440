namespace Relay.Storage;

/// <summary>One forward step of a database's schema; the text is an embedded file named <c>0001-what-it-does.sql</c>.</summary>
internal sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>All steps of a database in order; their numbers run from 1 without gaps.</summary>
    /// <param name="database">Folder below Migrations: <c>relay</c> or <c>history</c>.</param>
    public static IReadOnlyList<Migration> For(string database)
    {
        var assembly = typeof(Migration).Assembly;
        var prefix = database + "/";
        var migrations = assembly.GetManifestResourceNames()
            .Select(name => (Resource: name, Path: name.Replace('\\', '/')))
            .Where(entry => entry.Path.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(entry => entry.Path, StringComparer.Ordinal)
            .Select((entry, index) => new Migration(index + 1, entry.Path[prefix.Length..], ReadText(entry.Resource)))
            .ToList();
        foreach (var migration in migrations)
        {
            if (!migration.Name.StartsWith(migration.Number.ToString("0000-", System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"Migration {migration.Name} is out of order; number {migration.Number} was expected.");
            }
        }

        return migrations;

        string ReadText(string resource)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            return reader.ReadToEnd();
        }
    }
}
