using System.Text;
using Relay.Platform.Campaigns;
using Relay.Platform.Emails;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Campaigns in relay.db, whose cursor moves in the transaction that queues their messages.</summary>
internal sealed class SqliteCampaignStore(RelayDatabase database, SqliteQueueStore queue) : ICampaignStore, IPausedCampaigns
{
    private const int RowBytes = 1_024;

    /// <summary>The cursor may lag so far behind when nothing concerned a campaign; looking again changes nothing.</summary>
    private const long MaxCursorLag = 10_000;

    private const string CountAll = "SELECT count(*) FROM campaign WHERE account_id = ? AND act <> 4";

    private const string SelectOne = $"SELECT {CampaignRow.Columns} FROM campaign WHERE uid = ? AND account_id = ? AND act <> 4";

    private const string SelectById = $"SELECT {CampaignRow.Columns} FROM campaign WHERE id = ?";

    private const string SelectBusy = $"SELECT {CampaignRow.Columns} FROM campaign WHERE status = 2 OR act <> 0 ORDER BY id LIMIT ?";

    private const string SelectStarting = $"SELECT {CampaignRow.Columns} FROM campaign WHERE status = 1 AND scheduled_at <= ? ORDER BY scheduled_at LIMIT ?";

    private const string SelectNextStart = "SELECT min(scheduled_at) FROM campaign WHERE status = 1";

    private const string SelectPaused = "SELECT uid, name, account_id, stop_reason, updated_at FROM campaign WHERE status = 3 ORDER BY id LIMIT ?";

    // Whatever it was about to do, it begins nothing any more; how it ended decides whether what waits in the queue is taken back.
    private const string MarkRemoved = """
        UPDATE campaign SET act = 4, act_cursor = 0, status = CASE WHEN status IN (1, 2, 3) THEN 5 ELSE status END WHERE id = ? AND act <> 4
        """;

    private const string DeleteMessages = """
        DELETE FROM campaign_message WHERE campaign_id = ?1
          AND contact_id IN (SELECT contact_id FROM campaign_message WHERE campaign_id = ?1 ORDER BY contact_id LIMIT ?2)
        """;

    private const string Delete = "DELETE FROM campaign WHERE id = ?";

    private const string Advance = """
        UPDATE campaign SET cursor = ?1, expanded = expanded + ?2, skipped = skipped + ?3, queued = queued + ?4,
          in_batch = ?4 + CASE WHEN ?5 THEN 0 ELSE in_batch END, batch_started_at = CASE WHEN ?5 THEN ?6 ELSE batch_started_at END
        WHERE id = ?7 AND status = 2 AND act = 0 AND cursor = ?8
        """;

    private const string InsertMessage = "INSERT INTO campaign_message (campaign_id, contact_id, account_id, message_id, address, marks) VALUES (?, ?, ?, ?, ?, 0)";

    private const string SelectOpen = """
        SELECT contact_id, message_id, address FROM campaign_message WHERE campaign_id = ? AND contact_id > ? AND marks < 256 ORDER BY contact_id LIMIT ?
        """;

    private const string SelectOpenOfContact = "SELECT contact_id, message_id, address FROM campaign_message WHERE contact_id = ? AND marks < 256";

    private const string SelectCursor = "SELECT value FROM meta WHERE name = 'campaign_cursor'";

    private const string UpdateCursor = "UPDATE meta SET value = ?1 WHERE name = 'campaign_cursor' AND value < ?1";

    private const string SelectMessage = "SELECT campaign_id, contact_id, address, marks FROM campaign_message WHERE message_id = ?";

    private const string UpdateMarks = "UPDATE campaign_message SET marks = ? WHERE campaign_id = ? AND contact_id = ?";

    private const string AddCounts = """
        UPDATE campaign SET sent = sent + ?, delivered = delivered + ?, opened = opened + ?, clicked = clicked + ?, unsubscribed = unsubscribed + ?,
          bounced = bounced + ?, hard_bounced = hard_bounced + ?, complained = complained + ?, settled = settled + ? WHERE id = ?
        """;

    // In the order of the columns above.
    private static readonly CampaignMarks[] Counted =
    [
        CampaignMarks.Sent, CampaignMarks.Delivered, CampaignMarks.Opened, CampaignMarks.Clicked, CampaignMarks.Unsubscribed,
        CampaignMarks.Bounced, CampaignMarks.HardBounced, CampaignMarks.Complained, CampaignMarks.Settled,
    ];

    private long _cursor = -1;

    public async ValueTask<Campaign?> AddAsync(Campaign campaign, int maxCampaigns, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, campaign, maxCampaigns), cancellationToken);

    public ValueTask<Campaign?> FindAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => One(connection.Use(SelectOne).Bind(uid.ToByteArray(bigEndian: true)).Bind(accountId)), cancellationToken);

    public ValueTask<Campaign?> FindAsync(long id, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => One(connection.Use(SelectById).Bind(id)), cancellationToken);

    public ValueTask<CampaignPage> ListAsync(CampaignFilter filter, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => List(connection, filter), cancellationToken);

    public async ValueTask<Campaign?> ChangeAsync(long id, Func<Campaign, Campaign?> change, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                if (One(connection.Use(SelectById).Bind(id)) is not { } campaign || change(campaign) is not { } changed)
                {
                    return null;
                }

                CampaignRow.Write(connection, changed);
                return changed;
            },
            cancellationToken);

    public async ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(MarkRemoved).Bind(id).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    public async ValueTask<bool> RemovePieceAsync(long id, int limit, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Bulk,
            0,
            connection =>
            {
                connection.Use(DeleteMessages).Bind(id).Bind(limit).Run();
                if (connection.Changes == limit)
                {
                    return true;
                }

                connection.Use(Delete).Bind(id).Run();
                return false;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Campaign>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Campaign>>(
            connection => [.. All(connection.Use(SelectStarting).Bind(now).Bind(limit)), .. All(connection.Use(SelectBusy).Bind(limit))],
            cancellationToken);

    public ValueTask<IReadOnlyList<PausedCampaign>> PausedAsync(int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<PausedCampaign>>(
            connection =>
            {
                var paused = new List<PausedCampaign>();
                using var query = connection.Use(SelectPaused).Bind(limit);
                while (query.Read())
                {
                    paused.Add(new PausedCampaign(new Guid(query.Blob(0), bigEndian: true), query.Text(1), query.Int64(2), query.NullableText(3), query.Time(4)));
                }

                return paused;
            },
            cancellationToken);

    public ValueTask<DateTimeOffset?> NextStartAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectNextStart);
                return query.Read() ? query.NullableTime(0) : null;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(CampaignStep step, IReadOnlyList<Email> emails, IReadOnlyList<MessageDraft> drafts) =>
        queue.EnqueueAsync(drafts, emails.Count * RowBytes, connection => Insert(connection, step, emails));

    public async ValueTask<bool> SkipAsync(CampaignStep step, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => TryAdvance(connection, step), cancellationToken);

    public ValueTask<IReadOnlyList<CampaignMessage>> OpenMessagesAsync(long campaignId, long afterContact, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<CampaignMessage>>(connection => Messages(connection.Use(SelectOpen).Bind(campaignId).Bind(afterContact).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<CampaignMessage>> OpenMessagesOfContactAsync(long contactId, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<CampaignMessage>>(connection => Messages(connection.Use(SelectOpenOfContact).Bind(contactId)), cancellationToken);

    public async ValueTask<long> CursorAsync(CancellationToken cancellationToken) =>
        _cursor = await database.Readers.ReadAsync(connection => connection.QueryInt64(SelectCursor), cancellationToken);

    public async ValueTask<IReadOnlyList<Campaign>> CountAsync(IReadOnlyList<CampaignMark> marks, long through, CancellationToken cancellationToken)
    {
        // Most events of a relay concern no campaign: those batches cost a few look-ups and no commit.
        var known = await database.Readers.ReadAsync(connection => marks.Where(mark => Knows(connection, mark.MessageId)).ToList(), cancellationToken);
        if (known.Count == 0 && through - _cursor <= MaxCursorLag)
        {
            return [];
        }

        var changed = await database.Writer.RunAsync(WriterLane.Mail, 0, connection => Count(connection, known, through), cancellationToken);
        _cursor = Math.Max(_cursor, through);
        return changed;
    }

    private Campaign? Add(SqliteConnection connection, Campaign campaign, int maxCampaigns)
    {
        using (var count = connection.Use(CountAll).Bind(campaign.AccountId))
        {
            if (count.Read() && count.Int64(0) >= maxCampaigns)
            {
                return null;
            }
        }

        var added = campaign with { Id = database.Ids.Next() };
        CampaignRow.Add(connection, added);
        return added;
    }

    private void Insert(SqliteConnection connection, CampaignStep step, IReadOnlyList<Email> emails)
    {
        if (!TryAdvance(connection, step))
        {
            throw new CampaignMovedException();
        }

        foreach (var email in emails)
        {
            EmailRow.Write(connection, database.Ids.Next(), email);
        }

        foreach (var message in step.Contacts)
        {
            connection.Use(InsertMessage).Bind(step.CampaignId).Bind(message.ContactId).Bind(step.AccountId).Bind(message.MessageId.ToBytes()).Bind(message.Address).Run();
        }
    }

    private static bool TryAdvance(SqliteConnection connection, CampaignStep step)
    {
        connection.Use(Advance)
            .Bind(step.To)
            .Bind(step.Contacts.Count + step.Skipped)
            .Bind(step.Skipped)
            .Bind(step.Contacts.Count)
            .Bind(step.BeginsBatch)
            .Bind(step.At)
            .Bind(step.CampaignId)
            .Bind(step.From)
            .Run();
        return connection.Changes > 0;
    }

    private static bool Knows(SqliteConnection connection, QueueId id)
    {
        using var query = connection.Use(SelectMessage).Bind(id.ToBytes());
        return query.Read();
    }

    private static List<Campaign> Count(SqliteConnection connection, List<CampaignMark> marks, long through)
    {
        var news = new Dictionary<long, long[]>();
        foreach (var mark in marks)
        {
            Count(connection, mark, news);
        }

        foreach (var (campaignId, counts) in news)
        {
            var update = connection.Use(AddCounts);
            foreach (var count in counts)
            {
                update.Bind(count);
            }

            update.Bind(campaignId).Run();
        }

        connection.Use(UpdateCursor).Bind(through).Run();
        return [.. news.Keys.Select(id => One(connection.Use(SelectById).Bind(id))).OfType<Campaign>()];
    }

    // Each mark counts once for a contact; what happens to others who got a copy is not the contact's.
    private static void Count(SqliteConnection connection, CampaignMark mark, Dictionary<long, long[]> news)
    {
        long campaignId;
        long contactId;
        CampaignMarks before;
        using (var query = connection.Use(SelectMessage).Bind(mark.MessageId.ToBytes()))
        {
            if (!query.Read() || (query.NullableText(2) is { } address && mark.Recipient is { } recipient && recipient != address))
            {
                return;
            }

            (campaignId, contactId, before) = (query.Int64(0), query.Int64(1), (CampaignMarks)query.Int32(3));
        }

        var fresh = mark.Marks & ~before;
        if (fresh == CampaignMarks.None)
        {
            return;
        }

        connection.Use(UpdateMarks).Bind((long)(before | fresh)).Bind(campaignId).Bind(contactId).Run();
        if (!news.TryGetValue(campaignId, out var counts))
        {
            news.Add(campaignId, counts = new long[Counted.Length]);
        }

        for (var i = 0; i < Counted.Length; i++)
        {
            counts[i] += fresh.HasFlag(Counted[i]) ? 1 : 0;
        }
    }

    private static CampaignPage List(SqliteConnection connection, CampaignFilter filter)
    {
        var where = new StringBuilder(" WHERE account_id = ? AND act <> 4");
        where.Append(filter.Status is null ? string.Empty : " AND status = ?");
        where.Append(filter.Search is null ? string.Empty : " AND (instr(lower(name), ?) > 0 OR instr(lower(subject), ?) > 0)");
        using var count = connection.UseOnce($"SELECT count(*) FROM campaign{where}");
        Bind(count, filter).Read();
        var query = connection.UseOnce($"SELECT {CampaignRow.Columns} FROM campaign{where} ORDER BY id DESC LIMIT ? OFFSET ?");
        return new CampaignPage(All(Bind(query, filter).Bind(filter.Limit).Bind((filter.Page - 1L) * filter.Limit)), count.Int64(0));
    }

    private static SqliteStatement Bind(SqliteStatement query, CampaignFilter filter)
    {
        query.Bind(filter.AccountId);
        if (filter.Status is { } status)
        {
            query.Bind((long)status);
        }

        return filter.Search?.ToLowerInvariant() is { } search ? query.Bind(search).Bind(search) : query;
    }

    private static Campaign? One(SqliteStatement query)
    {
        using (query)
        {
            return query.Read() ? CampaignRow.Read(query) : null;
        }
    }

    private static List<Campaign> All(SqliteStatement query)
    {
        using (query)
        {
            var campaigns = new List<Campaign>();
            while (query.Read())
            {
                campaigns.Add(CampaignRow.Read(query));
            }

            return campaigns;
        }
    }

    private static List<CampaignMessage> Messages(SqliteStatement query)
    {
        using (query)
        {
            var messages = new List<CampaignMessage>();
            while (query.Read())
            {
                messages.Add(new CampaignMessage(query.Int64(0), QueueId.FromBytes(query.Blob(1)), query.NullableText(2)));
            }

            return messages;
        }
    }
}
