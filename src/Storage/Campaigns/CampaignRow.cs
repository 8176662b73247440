using System.Globalization;
using Relay.Platform.Campaigns;

namespace Relay.Storage;

/// <summary>The columns of a campaign.</summary>
internal static class CampaignRow
{
    public const string Columns = """
        id, uid, account_id, name, sender, subject, preview_text, list_uid, html, content, template_id, reply_to, cc_list, bcc_list, tags,
        track_opens, track_clicks, status, stop_reason, scheduled_at, time_zone, window_from, window_to, window_days, window_by_recipient,
        batch_size, batch_window_minutes, cursor, expanded, skipped, settled, in_batch, batch_started_at, started_at, is_unguarded, act, act_cursor,
        total, queued, sent, delivered, opened, clicked, unsubscribed, bounced, hard_bounced, complained, created_at, updated_at
        """;

    // What owner and server decide; what is counted is left alone.
    private const string Decided = """
        name = ?, sender = ?, subject = ?, preview_text = ?, list_uid = ?, html = ?, content = ?, template_id = ?, reply_to = ?, cc_list = ?,
        bcc_list = ?, tags = ?, track_opens = ?, track_clicks = ?, status = ?, stop_reason = ?, scheduled_at = ?, time_zone = ?, window_from = ?,
        window_to = ?, window_days = ?, window_by_recipient = ?, batch_size = ?, batch_window_minutes = ?, started_at = ?, is_unguarded = ?,
        act = ?, act_cursor = ?, total = ?, updated_at = ?
        """;

    private const string Insert = "INSERT INTO campaign (id, uid, account_id, name, sender, subject, list_uid, status, time_zone, batch_size, batch_window_minutes, created_at, updated_at) VALUES (?, ?, ?, '', '', '', x'', 0, '', 1, 0, ?, ?)";

    private const string Update = $"UPDATE campaign SET {Decided} WHERE id = ?";

    public static void Add(SqliteConnection connection, Campaign campaign)
    {
        connection.Use(Insert)
            .Bind(campaign.Id)
            .Bind(campaign.Uid.ToByteArray(bigEndian: true))
            .Bind(campaign.AccountId)
            .Bind(campaign.CreatedAt)
            .Bind(campaign.UpdatedAt)
            .Run();
        Write(connection, campaign);
    }

    public static void Write(SqliteConnection connection, Campaign campaign)
    {
        var statement = connection.Use(Update)
            .Bind(campaign.Name)
            .Bind(campaign.From)
            .Bind(campaign.Subject)
            .Bind(campaign.PreviewText)
            .Bind(campaign.BookUid.ToByteArray(bigEndian: true))
            .Bind(campaign.Html)
            .Bind(campaign.Content)
            .Bind(campaign.TemplateId)
            .Bind(StoredJson.WriteTexts(campaign.ReplyTo))
            .Bind(StoredJson.WriteTexts(campaign.Cc))
            .Bind(StoredJson.WriteTexts(campaign.Bcc))
            .Bind(StoredJson.WriteTexts(campaign.Tags))
            .Bind(Switch(campaign.TrackOpens))
            .Bind(Switch(campaign.TrackClicks))
            .Bind((long)campaign.Status)
            .Bind(campaign.StopReason)
            .Bind(campaign.ScheduledAt)
            .Bind(campaign.TimeZone);
        BindWindow(statement, campaign.Window)
            .Bind(campaign.BatchSize)
            .Bind(campaign.BatchWindowMinutes)
            .Bind(campaign.Progress.StartedAt)
            .Bind(campaign.Progress.IsUnguarded)
            .Bind((long)campaign.Progress.Act)
            .Bind(campaign.Progress.ActCursor)
            .Bind(campaign.Counts.Total)
            .Bind(campaign.UpdatedAt)
            .Bind(campaign.Id)
            .Run();
    }

    public static Campaign Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Uid = new Guid(row.Blob(1), bigEndian: true),
        AccountId = row.Int64(2),
        Name = row.Text(3),
        From = row.Text(4),
        Subject = row.Text(5),
        PreviewText = row.NullableText(6),
        BookUid = new Guid(row.Blob(7), bigEndian: true),
        Html = row.NullableText(8),
        Content = row.NullableText(9),
        TemplateId = row.NullableText(10),
        ReplyTo = StoredJson.ReadTexts(row.NullableText(11)),
        Cc = StoredJson.ReadTexts(row.NullableText(12)),
        Bcc = StoredJson.ReadTexts(row.NullableText(13)),
        Tags = StoredJson.ReadTexts(row.NullableText(14)),
        TrackOpens = row.IsNull(15) ? null : row.Bool(15),
        TrackClicks = row.IsNull(16) ? null : row.Bool(16),
        Status = (CampaignStatus)row.Int32(17),
        StopReason = row.NullableText(18),
        ScheduledAt = row.NullableTime(19),
        TimeZone = row.Text(20),
        Window = row.IsNull(21) ? null : ReadWindow(row),
        BatchSize = row.Int32(25),
        BatchWindowMinutes = row.Int32(26),
        Progress = ReadProgress(row),
        Counts = ReadCounts(row),
        CreatedAt = row.Time(47),
        UpdatedAt = row.Time(48),
    };

    private static CampaignProgress ReadProgress(SqliteStatement row) => new()
    {
        Cursor = row.Int64(27),
        Expanded = row.Int64(28),
        Skipped = row.Int64(29),
        Settled = row.Int64(30),
        InBatch = row.Int64(31),
        BatchStartedAt = row.NullableTime(32),
        StartedAt = row.NullableTime(33),
        IsUnguarded = row.Bool(34),
        Act = (QueuedAct)row.Int32(35),
        ActCursor = row.Int64(36),
    };

    private static CampaignCounts ReadCounts(SqliteStatement row) => new()
    {
        Total = row.Int64(37),
        Queued = row.Int64(38),
        Sent = row.Int64(39),
        Delivered = row.Int64(40),
        Opened = row.Int64(41),
        Clicked = row.Int64(42),
        Unsubscribed = row.Int64(43),
        Bounced = row.Int64(44),
        HardBounced = row.Int64(45),
        Complained = row.Int64(46),
    };

    private static SqliteStatement BindWindow(SqliteStatement statement, SendWindow? window) => window is null
        ? statement.BindNull().BindNull().BindNull().BindNull()
        : statement
            .Bind(Minutes(window.From))
            .Bind(Minutes(window.To))
            .Bind(string.Concat(window.Days.Select(day => ((int)day).ToString(CultureInfo.InvariantCulture))))
            .Bind(window.ByRecipient);

    private static SendWindow ReadWindow(SqliteStatement row) => new(
        TimeOnly.FromTimeSpan(TimeSpan.FromMinutes(row.Int64(21))),
        TimeOnly.FromTimeSpan(TimeSpan.FromMinutes(row.Int64(22))),
        [.. row.Text(23).Select(digit => (DayOfWeek)(digit - '0'))],
        row.Bool(24));

    private static long Minutes(TimeOnly time) => (time.Hour * 60) + time.Minute;

    private static long? Switch(bool? value) => value is { } on ? on ? 1 : 0 : null;
}
