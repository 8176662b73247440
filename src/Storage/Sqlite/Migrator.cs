using System.Globalization;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Brings a database to the newest schema, one transaction per step; never back.</summary>
internal static class Migrator
{
    // "RELY": tells our files from other SQLite files.
    private const long ApplicationId = 0x52454c59;

    /// <exception cref="StoreUnavailableException">The file is not ours, or was written by a later version.</exception>
    public static void Migrate(SqliteConnection connection, string fileName, IReadOnlyList<Migration> migrations)
    {
        var version = connection.QueryInt64("PRAGMA user_version");
        var owner = connection.QueryInt64("PRAGMA application_id");
        if (version > migrations.Count)
        {
            throw new StoreUnavailableException(string.Create(
                CultureInfo.InvariantCulture,
                $"{fileName} has schema {version}, this version knows {migrations.Count}: it was written by a later version. Use that one, or restore a backup."));
        }

        if (owner != ApplicationId && (version != 0 || connection.QueryInt64("SELECT count(*) FROM sqlite_master") != 0))
        {
            throw new StoreUnavailableException($"{fileName} is a SQLite database of another program.");
        }

        foreach (var migration in migrations.Skip((int)version))
        {
            Apply(connection, migration);
        }
    }

    private static void Apply(SqliteConnection connection, Migration migration)
    {
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            connection.Execute(migration.Sql);
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {migration.Number}"));
            connection.Execute("COMMIT");
        }
        catch (SqliteException)
        {
            if (connection.InTransaction)
            {
                connection.Execute("ROLLBACK");
            }

            throw;
        }
    }
}
