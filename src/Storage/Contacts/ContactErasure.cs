using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Relay.Platform.Contacts;
using Relay.Platform.Privacy;

namespace Relay.Storage;

/// <summary>People and their places in books; and what others' contacts say of them.</summary>
internal sealed class ContactErasure(RelayDatabase database, TimeProvider time) : IErasable
{
    private const string SelectAccounts = "SELECT DISTINCT account_id FROM person";
    private const string SelectPlaces = $"SELECT {ContactRow.Columns} FROM person p CROSS JOIN membership m ON m.person_id = p.id WHERE p.account_id = ? AND p.address_key = ?";
    private const string DeletePerson = "DELETE FROM person WHERE account_id = ? AND address_key = ?";
    private const string SelectTexts = "SELECT first_name, last_name, properties, reason_text FROM membership WHERE id = ?";
    private const string UpdateTexts = "UPDATE membership SET first_name = ?, last_name = ?, properties = ?, reason_text = ? WHERE id = ?";

    private static readonly ErasureScan Mentions = new("membership", "", "id", "t.id", "t.first_name", "t.last_name", "t.properties", "t.reason_text");

    public string Name => "contacts";

    public bool FollowsEvents => false;

    public async ValueTask<int> EraseAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        var erased = 0;
        foreach (var accountId in await AccountsAsync(erasure, cancellationToken))
        {
            erased += await database.Writer.RunAsync(WriterLane.Bulk, 0, connection => Erase(connection, accountId, erasure), cancellationToken);
        }

        return erased + await ErasurePieces.EraseAsync(database.Readers, database.Writer, time, Mentions, erasure, EraseMention, cancellationToken);
    }

    public async IAsyncEnumerable<JsonObject> ExportAsync(Erasure erasure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var accountId in await AccountsAsync(erasure, cancellationToken))
        {
            foreach (var contact in await database.Readers.ReadAsync(connection => Places(connection, accountId, erasure), cancellationToken))
            {
                yield return Describe(contact);
            }
        }
    }

    private ValueTask<IReadOnlyList<long>> AccountsAsync(Erasure erasure, CancellationToken cancellationToken) => erasure.AccountId is { } only
        ? ValueTask.FromResult<IReadOnlyList<long>>([only])
        : database.Readers.ReadAsync<IReadOnlyList<long>>(
            connection =>
            {
                var accounts = new List<long>();
                using var query = connection.Use(SelectAccounts);
                while (query.Read())
                {
                    accounts.Add(query.Int64(0));
                }

                return accounts;
            },
            cancellationToken);

    private static int Erase(SqliteConnection connection, long accountId, Erasure erasure)
    {
        var places = Places(connection, accountId, erasure);
        foreach (var contact in places)
        {
            ContactWork.Remove(connection, contact);
            ContactWork.Count(connection, contact.BookId, -1);
        }

        connection.Use(DeletePerson).Bind(accountId).Bind(ContactAddress.KeyOf(erasure.Address)).Run();
        return places.Count;
    }

    private static List<Contact> Places(SqliteConnection connection, long accountId, Erasure erasure)
    {
        var places = new List<Contact>();
        using var query = connection.Use(SelectPlaces).Bind(accountId).Bind(ContactAddress.KeyOf(erasure.Address));
        while (query.Read())
        {
            places.Add(ContactRow.Read(query));
        }

        return places;
    }

    private static bool EraseMention(SqliteConnection connection, long id, Erasure erasure)
    {
        string?[] texts;
        using (var row = connection.Use(SelectTexts).Bind(id))
        {
            if (!row.Read())
            {
                return false;
            }

            texts = [row.NullableText(0), row.NullableText(1), row.NullableText(2), row.NullableText(3)];
        }

        connection.Use(UpdateTexts)
            .Bind(erasure.Replace(texts[0]))
            .Bind(erasure.Replace(texts[1]))
            .Bind(erasure.Replace(texts[2]))
            .Bind(erasure.Replace(texts[3]))
            .Bind(id)
            .Run();
        return true;
    }

    private static JsonObject Describe(Contact contact)
    {
        var properties = new JsonObject();
        foreach (var (name, value) in contact.Properties)
        {
            properties[name] = value;
        }

        return new JsonObject
        {
            ["kind"] = "contact",
            ["accountId"] = contact.AccountId,
            ["id"] = contact.Uid.ToString("D"),
            ["firstName"] = contact.FirstName,
            ["lastName"] = contact.LastName,
            ["properties"] = properties,
            ["tags"] = new JsonArray([.. contact.Tags.Select(tag => (JsonNode)tag)]),
            ["status"] = contact.State.ToString().ToLowerInvariant(),
            ["createdAt"] = ErasureJson.Time(contact.CreatedAt),
            ["subscribedAt"] = contact.SubscribedAt is { } subscribed ? ErasureJson.Time(subscribed) : null,
            ["unsubscribedAt"] = contact.UnsubscribedAt is { } unsubscribed ? ErasureJson.Time(unsubscribed) : null,
            ["unsubscribedFromAllAt"] = contact.LeftAllAt is { } left ? ErasureJson.Time(left) : null,
        };
    }
}
