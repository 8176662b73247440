using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>Uses every operation on campaigns once as its clients would, and notes what was shown.</summary>
internal sealed class ReferenceCampaigns(ReferenceRun run)
{
    private const string All = "/v1/campaigns";
    private const string One = "/v1/campaigns/{campaignId}";
    private const string Schedule = One + "/schedule";
    private const string Pause = One + "/pause";
    private const string Resume = One + "/resume";

    private string _book = "";
    private string _sent = "";
    private string _later = "";

    public static IReadOnlyList<string> Operations { get; } = ["GET " + All, "POST " + All, "GET " + One, "POST " + Schedule, "POST " + Pause, "POST " + Resume];

    public async Task UseAsync()
    {
        _book = (await run.Own.PostAsync("/v1/contactBooks", """{"name":"Readers"}""")).Word("id");
        await run.Own.PostAsync($"/v1/contactBooks/{_book}/contacts", """{"email":"reader@dest.test","firstName":"Ada"}""");
        var created = await run.ShowAsync("POST " + All, Proof.Success, () => run.Own.PostAsync(All, Body(_book, ""","previewText":"look","batchSize":7,"replyTo":"r@sender.test","cc":[]""")));
        _sent = created.Word("id");
        await run.ShowAsync("POST " + Schedule, Proof.Success, () => run.Own.PostAsync($"{All}/{_sent}/schedule", """{"batchSize":10}"""));
        await run.NoteAsync("POST " + Schedule, Proof.Effect, () => Poll.UntilAsync("the reader has it", () =>
            Task.FromResult(run.World.Sink.Messages.Any(message => message.Recipients.Contains("reader@dest.test") && message.Text.Contains("Subject: Hello Ada", StringComparison.Ordinal)))));
        var read = created;
        await run.NoteAsync("GET " + One, Proof.Effect, () => Poll.UntilAsync("it is counted", async () =>
        {
            read = await run.Own.GetAsync($"{All}/{_sent}");
            return read.Word("status") == "COMPLETED" && read["delivered"].GetValue<int>() == 1;
        }));
        await run.ShowAsync("GET " + One, Proof.Success, () => run.Own.GetAsync($"{All}/{_sent}"));
        run.Note("POST " + All, Proof.Effect, read.Word("previewText") == "look" && read["batchSize"].GetValue<int>() == 10 && read["total"].GetValue<int>() == 1, read.Text);

        _later = (await run.Own.PostAsync(All, Body(_book, ""","scheduledAt":"in 2 hours" """, "Later"))).Word("id");
        await run.ShowAsync("POST " + Pause, Proof.Success, () => run.Own.PostAsync($"{All}/{_later}/pause", "{}"));
        var paused = await run.Own.GetAsync($"{All}/{_later}");
        run.Note("POST " + Pause, Proof.Effect, paused.Word("status") == "PAUSED", paused.Text);
        await run.ShowAsync("POST " + Resume, Proof.Success, () => run.Own.PostAsync($"{All}/{_later}/resume", "{}"));
        var resumed = await run.Own.GetAsync($"{All}/{_later}");
        run.Note("POST " + Resume, Proof.Effect, resumed.Word("status") == "SCHEDULED", resumed.Text);
        var list = await run.ShowAsync("GET " + All, Proof.Success, () => run.Own.GetAsync($"{All}?page=1&status=SCHEDULED&search=later"));
        run.Note("GET " + All, Proof.Effect, list["campaigns"].AsArray().Select(campaign => campaign!["id"]!.GetValue<string>()).SequenceEqual([_later]) && list["totalPage"].GetValue<int>() == 1, list.Text);
    }

    public async Task ProvokeAsync()
    {
        using var reader = await run.World.ClientAsync("campaigns-reader", "read");
        using var nobody = new ApiClient(run.World.ApiPort, "rk_wrong");
        await run.RefusedAsync("GET " + All, (401, nobody.GetAsync(All)), (400, run.Own.GetAsync(All + "?status=GONE")), (400, run.Own.GetAsync(All + "?page=x")));
        await run.RefusedAsync("POST " + All,
            (400, run.Own.PostAsync(All, "{}")), (403, reader.PostAsync(All, Body(_book))), (404, run.Own.PostAsync(All, Body("00000000-0000-7000-8000-000000000000"))),
            (400, run.Own.PostAsync(All, Body(_book).Replace("app@sender.test", "app@unknown.test", StringComparison.Ordinal))),
            (400, run.Own.PostAsync(All, Body(_book, ""","batchSize":0"""))), (400, run.Own.PostAsync(All, Body(_book, ""","scheduledAt":"whenever" """))));
        await run.RefusedAsync("GET " + One, (404, run.Own.GetAsync(All + "/unknown")));
        await run.RefusedAsync("POST " + Schedule, (400, run.Own.PostAsync($"{All}/{_sent}/schedule", "{}")), (404, run.Own.PostAsync(All + "/unknown/schedule", "{}")), (403, reader.PostAsync($"{All}/{_later}/schedule", "{}")));
        await run.RefusedAsync("POST " + Pause, (400, run.Own.PostAsync($"{All}/{_sent}/pause", "{}")), (404, run.Own.PostAsync(All + "/unknown/pause", "{}")));
        await run.RefusedAsync("POST " + Resume, (400, run.Own.PostAsync($"{All}/{_later}/resume", "{}")), (404, run.Own.PostAsync(All + "/unknown/resume", "{}")));
    }

    public async Task ComeAsStrangerAsync()
    {
        var list = await run.Stranger.GetAsync(All);
        run.Note("GET " + All, Proof.Foreign, list["campaigns"].AsArray().Count == 0, list.Text);
        var created = await run.Stranger.PostAsync(All, Body(_book));
        run.Note("POST " + All, Proof.Foreign, created.Status == 400, created.Text);
        await run.SameAsUnknownAsync("GET " + One, run.Stranger.GetAsync($"{All}/{_sent}"), run.Stranger.GetAsync(All + "/unknown"));
        foreach (var (operation, path) in new[] { (Schedule, "schedule"), (Pause, "pause"), (Resume, "resume") })
        {
            await run.SameAsUnknownAsync("POST " + operation, run.Stranger.PostAsync($"{All}/{_later}/{path}", "{}"), run.Stranger.PostAsync($"{All}/unknown/{path}", "{}"));
        }
    }

    /// <param name="restart">Happens between the two readings.</param>
    public async Task ReadBackAsync(Func<Task> restart)
    {
        var (sent, later, list) = await ReadAsync();
        await restart();
        var (sentAfter, laterAfter, listAfter) = await ReadAsync();
        run.Same("GET " + All, list, listAfter);
        run.Same("POST " + All, sent, sentAfter);
        run.Same("GET " + One, sent, sentAfter);
        run.Same("POST " + Schedule, sent, sentAfter);
        run.Same("POST " + Pause, later, laterAfter);
        run.Same("POST " + Resume, later, laterAfter);
    }

    /// <summary>Leaves no book behind: others count them.</summary>
    public Task LeaveAsync() => run.Own.DeleteAsync("/v1/contactBooks/" + _book);

    private async Task<(string Sent, string Later, string List)> ReadAsync() =>
        ((await run.Own.GetAsync($"{All}/{_sent}")).Text, (await run.Own.GetAsync($"{All}/{_later}")).Text, (await run.Own.GetAsync(All)).Text);

    private static string Body(string book, string more = "", string name = "Spring") =>
        "{\"name\":\"" + name + "\",\"from\":\"App <app@sender.test>\",\"subject\":\"Hello {{firstName,fallback=you}}\",\"contactBookId\":\"" + book
        + "\",\"html\":\"<p>Hi</p><a href='{{usesend_unsubscribe_url}}'>leave</a>\"" + more + "}";
}
