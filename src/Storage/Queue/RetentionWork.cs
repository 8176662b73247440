using Relay.Queue;

namespace Relay.Storage;

/// <summary>Deletes what its rule no longer keeps, in pieces that hold up the writer for about 20 ms.</summary>
internal sealed class RetentionWork(QueueLedger ledger, TimeProvider time)
{
    private const int MaxMessagesPerPiece = 200;

    private static readonly TimeSpan MaxPieceDuration = TimeSpan.FromMilliseconds(20);

    public const string MessagesWithContent = """
        SELECT no, first_variant, variant_count, first_recipient, recipient_count, has_content
        FROM message INDEXED BY message_content
        WHERE has_content = 1 AND content_class = ? AND finished_at IS NOT NULL AND finished_at <= ? LIMIT ?
        """;

    public const string FinishedMessages = """
        SELECT no, first_variant, variant_count, first_recipient, recipient_count, has_content
        FROM message INDEXED BY message_finished WHERE finished_at <= ? ORDER BY finished_at LIMIT ?
        """;

    private const string OneFinished = """
        SELECT no, first_variant, variant_count, first_recipient, recipient_count, has_content
        FROM message WHERE id = ? AND finished_at IS NOT NULL
        """;

    private const string ContentOfVariants = "SELECT DISTINCT content_id, content_file FROM variant WHERE id >= ? AND id < ?";

    public const string DeleteContent = "DELETE FROM content WHERE id = ?";

    private const string MarkContentGone = "UPDATE message SET has_content = 0 WHERE no = ?";

    private const string StatesOfRecipients = "SELECT state, count(*) FROM recipient WHERE id >= ? AND id < ? GROUP BY state";

    private const string DeleteRecipients = "DELETE FROM recipient WHERE id >= ? AND id < ?";

    private const string DeleteVariants = "DELETE FROM variant WHERE id >= ? AND id < ?";

    private const string DeleteMessage = "DELETE FROM message WHERE no = ?";

    private const string ClearEmail = "UPDATE email SET html = NULL, text = NULL WHERE message_id = (SELECT id FROM message WHERE no = ?)";

    private const string DeleteEmail = "DELETE FROM email WHERE message_id = (SELECT id FROM message WHERE no = ?)";

    // Trace fields in front of the content name recipients.
    private const string ClearPrefixes =
        "UPDATE variant SET prefix = x'', return_path = NULL, signature = NULL, signature_keys = NULL WHERE id >= ? AND id < ?";

    private const string DeleteIdempotencyRows = """
        DELETE FROM idempotency WHERE (account_id, key) IN
          (SELECT account_id, key FROM idempotency INDEXED BY idempotency_age WHERE created_at <= ? ORDER BY created_at LIMIT ?)
        """;

    /// <summary>Deletes the content of messages of one class that finished by <paramref name="finishedBy"/>.</summary>
    public Piece DeleteContents(SqliteConnection connection, ContentClass contentClass, DateTimeOffset finishedBy)
    {
        var found = new List<FinishedMessage>();
        using (var query = connection.Use(MessagesWithContent).Bind((long)contentClass).Bind(finishedBy).Bind(MaxMessagesPerPiece))
        {
            ReadAll(query, found);
        }

        return Work(found, message =>
        {
            if (contentClass == ContentClass.Erased)
            {
                connection.Use(ClearPrefixes).Bind(message.FirstVariant).Bind(message.FirstVariant + message.VariantCount).Run();
            }

            return ReleaseContent(connection, message, markGone: true);
        });
    }

    /// <summary>Deletes messages that finished by <paramref name="finishedBy"/>, with all that belongs to them.</summary>
    public Piece DeleteMessages(SqliteConnection connection, DateTimeOffset finishedBy)
    {
        var found = new List<FinishedMessage>();
        using (var query = connection.Use(FinishedMessages).Bind(finishedBy).Bind(MaxMessagesPerPiece))
        {
            ReadAll(query, found);
        }

        return Work(found, message => DeleteWhole(connection, message));
    }

    /// <summary>Deletes one message if it is over; a piece without contents means there was none.</summary>
    public Piece DeleteOne(SqliteConnection connection, QueueId id)
    {
        var found = new List<FinishedMessage>();
        using (var query = connection.Use(OneFinished).Bind(id.ToBytes()))
        {
            ReadAll(query, found);
        }

        var files = new List<string>();
        found.ForEach(message => files.AddRange(DeleteWhole(connection, message)));
        return new Piece(found.Count, files, HasMore: false);
    }

    /// <summary>Deletes finished messages whose content was captured for reading.</summary>
    public Piece DeleteCaptured(SqliteConnection connection)
    {
        var found = new List<FinishedMessage>();
        using (var query = connection.Use(MessagesWithContent).Bind((long)ContentClass.Captured).Bind(DateTimeOffset.MaxValue).Bind(MaxMessagesPerPiece))
        {
            ReadAll(query, found);
        }

        return Work(found, message => DeleteWhole(connection, message));
    }

    /// <summary>Forgets idempotency keys made by <paramref name="madeBy"/>.</summary>
    public static Piece DeleteIdempotency(SqliteConnection connection, DateTimeOffset madeBy)
    {
        connection.Use(DeleteIdempotencyRows).Bind(madeBy).Bind(MaxMessagesPerPiece).Run();
        return new Piece(0, [], HasMore: connection.Changes == MaxMessagesPerPiece);
    }

    private static void ReadAll(SqliteStatement query, List<FinishedMessage> found)
    {
        while (query.Read())
        {
            found.Add(new FinishedMessage(
                query.Int64(0), query.Int64(1), query.Int64(2), query.Int64(3), query.Int64(4), query.Bool(5)));
        }
    }

    private Piece Work(List<FinishedMessage> found, Func<FinishedMessage, List<string>> delete)
    {
        var start = time.GetTimestamp();
        var files = new List<string>();
        var contents = 0;
        var done = 0;
        foreach (var message in found)
        {
            files.AddRange(delete(message));
            contents += message.HasContent ? 1 : 0;
            done++;
            if (time.GetElapsedTime(start) > MaxPieceDuration)
            {
                break;
            }
        }

        return new Piece(contents, files, HasMore: done < found.Count || done == MaxMessagesPerPiece);
    }

    private static List<string> ReleaseContent(SqliteConnection connection, FinishedMessage message, bool markGone)
    {
        var contents = new List<long>();
        var files = new List<string>();
        using (var query = connection.Use(ContentOfVariants).Bind(message.FirstVariant).Bind(message.FirstVariant + message.VariantCount))
        {
            while (query.Read())
            {
                contents.Add(query.Int64(0));
                if (query.NullableText(1) is { } file)
                {
                    files.Add(file);
                }
            }
        }

        foreach (var content in contents)
        {
            connection.Use(DeleteContent).Bind(content).Run();
        }

        if (markGone)
        {
            connection.Use(MarkContentGone).Bind(message.No).Run();
            connection.Use(ClearEmail).Bind(message.No).Run();
        }

        return files;
    }

    private List<string> DeleteWhole(SqliteConnection connection, FinishedMessage message)
    {
        var files = message.HasContent ? ReleaseContent(connection, message, markGone: false) : [];
        DeleteRows(connection, message);
        return files;
    }

    private void DeleteRows(SqliteConnection connection, FinishedMessage message)
    {
        var endOfRecipients = message.FirstRecipient + message.RecipientCount;
        using (var query = connection.Use(StatesOfRecipients).Bind(message.FirstRecipient).Bind(endOfRecipients))
        {
            while (query.Read())
            {
                ledger.Forget((RecipientState)query.Int32(0), query.Int32(1));
            }
        }

        connection.Use(DeleteRecipients).Bind(message.FirstRecipient).Bind(endOfRecipients).Run();
        connection.Use(DeleteVariants).Bind(message.FirstVariant).Bind(message.FirstVariant + message.VariantCount).Run();
        connection.Use(DeleteEmail).Bind(message.No).Run();
        connection.Use(DeleteMessage).Bind(message.No).Run();
    }

    /// <param name="Contents">Messages that lost their content.</param>
    /// <param name="Files">Spool files nobody names any more; to be deleted after the commit.</param>
    internal sealed record Piece(int Contents, IReadOnlyList<string> Files, bool HasMore);

    private sealed record FinishedMessage(
        long No, long FirstVariant, long VariantCount, long FirstRecipient, long RecipientCount, bool HasContent);
}
