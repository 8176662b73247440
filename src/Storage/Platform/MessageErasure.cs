using System.Text.Json.Nodes;
using Relay.Platform.Emails;
using Relay.Platform.Privacy;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Takes an address out of one message, in one transaction: recipients, envelope, e-mail, and the content when it is finished.</summary>
internal static class MessageErasure
{
    private const string SelectMessage = """
        SELECT id, finished_at, first_variant, variant_count, first_recipient, recipient_count, reverse_path, header_from, subject,
          message_id, idempotency_key, envelope_id, tags
        FROM message WHERE no = ?
        """;

    private const string UpdateMessage = """
        UPDATE message SET reverse_path = ?, header_from = ?, subject = ?, message_id = ?, idempotency_key = ?, envelope_id = ?, tags = ?
        WHERE no = ?
        """;

    // What is still being sent loses its content with the first sweep after its end.
    private const string MarkForErasure = "UPDATE message SET content_class = 3 WHERE no = ?";

    private const string MarkContentGone = "UPDATE message SET has_content = 0 WHERE no = ?";

    private const string SelectContents = "SELECT DISTINCT content_id, content_file FROM variant WHERE id >= ? AND id < ?";

    private const string DeleteContent = "DELETE FROM content WHERE id = ?";

    private const string ClearVariants =
        "UPDATE variant SET prefix = x'', return_path = NULL, signature = NULL, signature_keys = NULL WHERE id >= ? AND id < ?";

    private const string SelectRecipients = """
        SELECT id, state, address, original_recipient, last_reply FROM recipient WHERE id >= ? AND id < ?
        """;

    private const string UpdateRecipient = "UPDATE recipient SET address = ?, original_recipient = ?, last_reply = ? WHERE id = ?";

    private const string SelectEmail =
        "SELECT sender, to_list, cc_list, bcc_list, reply_to, subject, message_field, reference_ids, html, text FROM email WHERE message_id = ?";

    private const string UpdateEmail = """
        UPDATE email SET sender = ?, to_list = ?, cc_list = ?, bcc_list = ?, reply_to = ?, subject = ?, message_field = ?, reference_ids = ?,
          html = ?, text = ? WHERE message_id = ?
        """;

    private const string SelectExport = """
        SELECT m.id, m.accepted_at, m.finished_at, coalesce(e.sender, m.header_from, m.reverse_path), coalesce(e.subject, m.subject), e.html, e.text,
          m.account_id, m.first_recipient, m.recipient_count, c.body
        FROM message m LEFT JOIN email e ON e.message_id = m.id LEFT JOIN variant v ON v.id = m.first_variant LEFT JOIN content c ON c.id = v.content_id
        WHERE m.no = ?
        """;

    private const string SelectExportRecipients = """
        SELECT address, state, attempts, last_reply, last_host, updated_at, original_recipient FROM recipient WHERE id >= ? AND id < ?
        """;

    /// <summary>Spool files nobody names any more are added to <paramref name="files"/>; to be deleted after the commit.</summary>
    public static bool Erase(SqliteConnection connection, long no, Erasure erasure, List<string> files)
    {
        byte[] id;
        bool isFinished;
        long firstVariant, variants, firstRecipient, recipients;
        var texts = new string?[7];
        using (var row = connection.Use(SelectMessage).Bind(no))
        {
            if (!row.Read())
            {
                return false;
            }

            id = row.Blob(0).ToArray();
            isFinished = !row.IsNull(1);
            (firstVariant, variants, firstRecipient, recipients) = (row.Int64(2), row.Int64(3), row.Int64(4), row.Int64(5));
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = row.NullableText(6 + i);
            }
        }

        var isOnly = EraseRecipients(connection, firstRecipient, recipients, erasure) && recipients == 1;
        WriteMessage(connection, no, texts, erasure, isFinished, isOnly);
        EraseEmail(connection, id, erasure, isFinished, isOnly);
        if (isFinished)
        {
            EraseContent(connection, no, firstVariant, firstVariant + variants, files);
        }
        else
        {
            connection.Use(MarkForErasure).Bind(no).Run();
        }

        return true;
    }

    private static void WriteMessage(SqliteConnection connection, long no, string?[] texts, Erasure erasure, bool isFinished, bool isOnly) =>
        connection.Use(UpdateMessage)
            // Reports about mail on its way still go to its sender.
            .Bind(isFinished ? erasure.Replace(texts[0]) : texts[0])
            .Bind(erasure.IsIn(texts[1]) ? null : texts[1])
            .Bind(isOnly ? null : erasure.Replace(texts[2]))
            .Bind(erasure.Replace(texts[3]))
            .Bind(erasure.IsWithin(texts[4]) ? null : texts[4])
            .Bind(erasure.Replace(texts[5]))
            .Bind(erasure.Replace(texts[6]))
            .Bind(no)
            .Run();

    /// <summary>True when the address is, or was, one of them.</summary>
    private static bool EraseRecipients(SqliteConnection connection, long first, long count, Erasure erasure)
    {
        var found = new List<(long Id, bool IsOpen, string Address, string? Original, string? Reply)>();
        using (var row = connection.Use(SelectRecipients).Bind(first).Bind(first + count))
        {
            while (row.Read())
            {
                found.Add((row.Int64(0), !((RecipientState)row.Int32(1)).IsFinal(), row.Text(2), row.NullableText(3), row.NullableText(4)));
            }
        }

        var isOne = false;
        foreach (var recipient in found)
        {
            var isMeant = erasure.Is(recipient.Address);
            isOne |= isMeant || recipient.Address == erasure.Pseudonym;

            // Mail that came in after the erasure began is new.
            if (!recipient.IsOpen)
            {
                connection.Use(UpdateRecipient)
                    .Bind(isMeant ? erasure.Pseudonym : recipient.Address)
                    .Bind(isMeant || erasure.IsIn(recipient.Original) ? null : recipient.Original)
                    .Bind(erasure.Replace(recipient.Reply))
                    .Bind(recipient.Id)
                    .Run();
            }
        }

        return isOne;
    }

    private static void EraseContent(SqliteConnection connection, long no, long firstVariant, long endOfVariants, List<string> files)
    {
        var contents = new List<long>();
        using (var row = connection.Use(SelectContents).Bind(firstVariant).Bind(endOfVariants))
        {
            while (row.Read())
            {
                contents.Add(row.Int64(0));
                if (row.NullableText(1) is { } file)
                {
                    files.Add(file);
                }
            }
        }

        foreach (var content in contents)
        {
            connection.Use(DeleteContent).Bind(content).Run();
        }

        connection.Use(ClearVariants).Bind(firstVariant).Bind(endOfVariants).Run();
        connection.Use(MarkContentGone).Bind(no).Run();
    }

    private static void EraseEmail(SqliteConnection connection, byte[] id, Erasure erasure, bool isFinished, bool isOnly)
    {
        var texts = new string?[10];
        using (var row = connection.Use(SelectEmail).Bind(id))
        {
            if (!row.Read())
            {
                return;
            }

            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = row.NullableText(i);
            }
        }

        var update = connection.Use(UpdateEmail).Bind(Address(texts[0]!, erasure));
        for (var i = 1; i <= 4; i++)
        {
            update.Bind(Addresses(texts[i], erasure));
        }

        update.Bind(isOnly ? string.Empty : erasure.Replace(texts[5]))
            .Bind(erasure.Replace(texts[6]))
            .Bind(erasure.Replace(texts[7]))
            .Bind(isFinished ? null : texts[8])
            .Bind(isFinished ? null : texts[9])
            .Bind(id)
            .Run();
    }

    // The name beside the address goes with it.
    private static string Address(string text, Erasure erasure) => erasure.IsIn(text) ? erasure.Pseudonym : text;

    private static string? Addresses(string? json, Erasure erasure)
    {
        if (json is null)
        {
            return null;
        }

        var field = AddressField.FromJson(json);
        return (field with { Values = [.. field.Values.Select(value => Address(value, erasure))] }).ToJson();
    }

    /// <summary>The message as the address knows it: other recipients are other people's affair.</summary>
    public static JsonObject? Export(SqliteConnection connection, long no, Erasure erasure)
    {
        using var row = connection.Use(SelectExport).Bind(no);
        return !row.Read()
            ? null
            : new JsonObject
            {
                ["kind"] = "message",
                ["accountId"] = row.Int64(7),
                ["id"] = QueueId.FromBytes(row.Blob(0)).ToString(),
                ["acceptedAt"] = ErasureJson.Time(row.Time(1)),
                ["finishedAt"] = row.NullableTime(2) is { } finished ? ErasureJson.Time(finished) : null,
                ["from"] = row.NullableText(3),
                ["subject"] = row.NullableText(4),
                ["html"] = row.NullableText(5),
                ["text"] = row.NullableText(6),
                ["content"] = row.IsNull(10) ? null : ErasureJson.Text(row.Blob(10)),
                ["recipients"] = ExportRecipients(connection, row.Int64(8), row.Int64(9), erasure),
            };
    }

    private static JsonArray ExportRecipients(SqliteConnection connection, long first, long count, Erasure erasure)
    {
        var recipients = new JsonArray();
        using var row = connection.Use(SelectExportRecipients).Bind(first).Bind(first + count);
        while (row.Read())
        {
            if (erasure.Is(row.Text(0)))
            {
                recipients.Add(new JsonObject
                {
                    ["address"] = row.Text(0),
                    ["state"] = ((RecipientState)row.Int32(1)).ToString(),
                    ["attempts"] = row.Int32(2),
                    ["lastReply"] = row.NullableText(3),
                    ["lastHost"] = row.NullableText(4),
                    ["updatedAt"] = ErasureJson.Time(row.Time(5)),
                    ["originalRecipient"] = row.NullableText(6),
                });
            }
        }

        return recipients;
    }
}
