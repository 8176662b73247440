using Relay.Queue;

namespace Relay.Storage;

/// <summary>The columns of a suppression, and the statements on its rows.</summary>
internal static class SuppressionRow
{
    private const string Columns = "account_id, address, scope, reason, detail, evidence, message_id, created_at, expires_at";

    private const string SelectAddress = $"SELECT {Columns} FROM suppression WHERE account_id = ? AND address = ?";

    private const string SelectOne = $"{SelectAddress} AND scope = ?";

    private const string SelectPage = $"""
        SELECT {Columns} FROM suppression
        WHERE account_id = ?1 AND (address, scope) > (?2, ?3) AND (?4 IS NULL OR scope = ?4) AND (?5 IS NULL OR reason = ?5)
        ORDER BY address, scope LIMIT ?6
        """;

    private const string Upsert = $"""
        INSERT INTO suppression ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (account_id, address, scope) DO UPDATE SET reason = excluded.reason, detail = excluded.detail,
          evidence = excluded.evidence, message_id = excluded.message_id, created_at = excluded.created_at, expires_at = excluded.expires_at
        """;

    private const string DeleteAddress = "DELETE FROM suppression WHERE account_id = ?1 AND address = ?2 AND (?3 IS NULL OR scope = ?3)";

    public static List<Suppression> FindAll(SqliteConnection connection, long accountId, string address)
    {
        var found = new List<Suppression>();
        using var query = connection.Use(SelectAddress).Bind(accountId).Bind(address);
        while (query.Read())
        {
            found.Add(Read(query));
        }

        return found;
    }

    public static Suppression? Find(SqliteConnection connection, long accountId, string address, SuppressionScope scope)
    {
        using var query = connection.Use(SelectOne).Bind(accountId).Bind(address).Bind(scope.ToKey());
        return query.Read() ? Read(query) : null;
    }

    public static List<Suppression> List(SqliteConnection connection, SuppressionListing listing)
    {
        var page = new List<Suppression>();
        using var query = connection.Use(SelectPage)
            .Bind(listing.AccountId)
            .Bind(listing.After ?? string.Empty)
            .Bind(listing.AfterScope.ToKey())
            .Bind(listing.Scope?.ToKey())
            .Bind(listing.Reason is { } reason ? (long)reason : null)
            .Bind(listing.Limit);
        while (query.Read())
        {
            page.Add(Read(query));
        }

        return page;
    }

    public static void Write(SqliteConnection connection, Suppression suppression) =>
        connection.Use(Upsert)
            .Bind(suppression.AccountId)
            .Bind(suppression.Address)
            .Bind(suppression.Scope.ToKey())
            .Bind((long)suppression.Reason)
            .Bind(suppression.Detail)
            .Bind(suppression.Evidence)
            .Bind(suppression.MessageId is { } id ? (ReadOnlyMemory<byte>?)id.ToBytes() : null)
            .Bind(suppression.CreatedAt)
            .Bind(suppression.ExpiresAt)
            .Run();

    /// <summary>Returns how many went.</summary>
    public static int Delete(SqliteConnection connection, long accountId, string address, SuppressionScope? scope)
    {
        connection.Use(DeleteAddress).Bind(accountId).Bind(address).Bind(scope?.ToKey()).Run();
        return connection.Changes;
    }

    private static Suppression Read(SqliteStatement row)
    {
        _ = SuppressionScope.TryParse(row.Text(2), out var scope);
        return new Suppression
        {
            AccountId = row.Int64(0),
            Address = row.Text(1),
            Scope = scope,
            Reason = (SuppressionReason)row.Int32(3),
            Detail = row.NullableText(4),
            Evidence = row.NullableText(5),
            MessageId = row.IsNull(6) ? null : QueueId.FromBytes(row.Blob(6)),
            CreatedAt = row.Time(7),
            ExpiresAt = row.NullableTime(8),
        };
    }
}
