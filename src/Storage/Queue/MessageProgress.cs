using Relay.Queue;

namespace Relay.Storage;

/// <summary>Knows when the last recipient of a message has become final, and then lets go of the content that no rule keeps.</summary>
/// <remarks>
/// With the default rules that is what came by SMTP: deleted here it needs no second look, no entry in an index of what is to be deleted, and its pages serve the next
/// message. What lies in a file, and what several variants share, waits for <see cref="RetentionWork"/>.
/// </remarks>
internal sealed class MessageProgress(RetentionOptions? retention)
{
    private const string SelectMessage = "SELECT open_recipients, content_class, has_content, first_variant, variant_count FROM message WHERE no = ?";

    private const string UpdateOpen = "UPDATE message SET open_recipients = ?, content_class = ? WHERE no = ?";

    private const string UpdateFinished = "UPDATE message SET open_recipients = 0, finished_at = ?, content_class = ?, has_content = ? WHERE no = ?";

    private const string SelectInline = "SELECT content_id FROM variant WHERE id = ? AND content_file IS NULL";

    /// <param name="recipients">How many have become final.</param>
    /// <param name="captured">Among them one whose content is to be read here.</param>
    public void Finish(SqliteConnection connection, long messageNo, int recipients, bool captured, DateTimeOffset now)
    {
        if (recipients == 0)
        {
            return;
        }

        int open;
        ContentClass contentClass;
        bool hasContent;
        long? onlyVariant;
        using (var query = connection.Use(SelectMessage).Bind(messageNo))
        {
            if (!query.Read())
            {
                throw new InvalidOperationException("A recipient without its message.");
            }

            open = query.Int32(0) - recipients;
            contentClass = (ContentClass)query.Int32(1);
            hasContent = query.Bool(2);
            onlyVariant = query.Int64(4) == 1 ? query.Int64(3) : null;
        }

        if (captured && contentClass != ContentClass.Erased)
        {
            contentClass = ContentClass.Captured;
        }

        if (open > 0)
        {
            connection.Use(UpdateOpen).Bind(open).Bind((long)contentClass).Bind(messageNo).Run();
            return;
        }

        var keepsContent = hasContent && !(onlyVariant is { } variant && GoesAtOnce(contentClass) && TryDeleteContent(connection, variant));
        connection.Use(UpdateFinished).Bind(now).Bind((long)contentClass).Bind(keepsContent).Bind(messageNo).Run();
    }

    private bool GoesAtOnce(ContentClass contentClass) => contentClass == ContentClass.Smtp && retention?.Queue.ContentSmtp == TimeSpan.Zero;

    private static bool TryDeleteContent(SqliteConnection connection, long variantId)
    {
        long content;
        using (var query = connection.Use(SelectInline).Bind(variantId))
        {
            if (!query.Read())
            {
                return false;
            }

            content = query.Int64(0);
        }

        connection.Use(RetentionWork.DeleteContent).Bind(content).Run();
        return true;
    }
}
