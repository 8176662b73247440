using System.Text.Json;
using Relay.Platform.Jobs;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Exports over the API, from the request to the file and its end.</summary>
public sealed class JobTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(Counted.Noon.AddHours(1));
    private readonly AnalyticsApi _api;

    public JobTests() => _api = new AnalyticsApi(_time);

    public async Task InitializeAsync()
    {
        await _api.StartAsync();
        var history = _api.Stores.HistoryObserver;
        await history.ObserveAsync(
            [
                Event(1, DeliveryEventKind.Delivered, "a@example.net"),
                Event(2, DeliveryEventKind.Clicked, "a@example.net") with { Url = "https://example.com/?a=1,2", UserAgent = "=cmd()", IsMachine = false },
                Event(3, DeliveryEventKind.Delivered, "secret@example.net") with { AccountId = 2 },
                Event(4, DeliveryEventKind.Delivered, "late@example.net") with { At = Counted.Noon.AddHours(2) },
            ],
            CancellationToken.None);
    }

    public Task DisposeAsync() => _api.DisposeAsync().AsTask();

    [Fact]
    public async Task Events_of_the_account_become_a_file()
    {
        var id = await CreateAsync(new { kind = "events", from = "2030-05-15" });
        var job = await FinishedAsync(id);
        Assert.Equal(("succeeded", 100, 2L), (job.GetProperty("status").GetString(), job.GetProperty("progress").GetInt32(), job.GetProperty("processed").GetInt64()));
        Assert.Equal("2030-05-16T13:00:00.000Z", job.GetProperty("expiresAt").GetString());
        Assert.Equal("events-20300515-20300515.csv", job.GetProperty("file").GetProperty("name").GetString());

        var (_, file) = await _api.GetAsync($"/v1/jobs/{id}/file");
        Assert.Equal(
            "time,event,email_id,recipient,class,reply_code,enhanced_code,text,remote_host,attempt,url,user_agent,client_address,is_machine\r\n"
            + $"2030-05-15T12:00:00.000Z,delivered,{Counted.Message},a@example.net,,,,,,,,,,\r\n"
            + $"2030-05-15T12:00:00.000Z,clicked,{Counted.Message},a@example.net,,,,,,,\"https://example.com/?a=1,2\",'=cmd(),,false\r\n",
            file.GetString());
    }

    [Fact]
    public async Task Events_can_be_chosen_by_name()
    {
        var id = await CreateAsync(new { kind = "events", from = "2030-05-15", events = new[] { "clicked" } });
        Assert.Equal(1, (await FinishedAsync(id)).GetProperty("processed").GetInt64());
    }

    [Fact]
    public async Task Counts_become_a_file()
    {
        await _api.Stores.Analytics.AddAsync([Counted.Event(1, DeliveryEventKind.Delivered)], 1, CancellationToken.None);
        var id = await CreateAsync(new { kind = "series", from = "2030-05-15", groupBy = "domain" });
        Assert.Equal("succeeded", (await FinishedAsync(id)).GetProperty("status").GetString());
        var (_, file) = await _api.GetAsync($"/v1/jobs/{id}/file");
        Assert.StartsWith("time,group,sent,delivered,deferred,bounced_hard,", file.GetString(), StringComparison.Ordinal);
        Assert.Contains("2030-05-15T00:00:00.000Z,example.com,1,1,0,", file.GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"contacts"}""", "kind: ")]
    [InlineData("""{"kind":"events"}""", "from: ")]
    [InlineData("""{"kind":"events","from":"2030-05-15","to":"2030-05-14"}""", "from: ")]
    [InlineData("""{"kind":"events","from":"2030-05-15","events":["delivered","7"]}""", "events[1]: ")]
    [InlineData("""{"kind":"series","groupBy":"x"}""", "groupBy: ")]
    [InlineData("""[]""", "the body ")]
    public async Task Bad_requests_make_no_job(string body, string begin)
    {
        var (status, answer) = await _api.SendAsync(HttpMethod.Post, "/v1/exports", JsonDocument.Parse(body).RootElement);
        Assert.Equal(400, status);
        Assert.StartsWith(begin, answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, (await _api.GetAsync("/v1/jobs")).Body.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Jobs_of_others_do_not_exist()
    {
        var id = await CreateAsync(new { kind = "events", from = "2030-05-15" });
        await FinishedAsync(id);
        foreach (var (method, path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Get, "/file"), (HttpMethod.Delete, "") })
        {
            var (status, foreign) = await _api.SendAsync(method, $"/v1/jobs/{id}{path}", null, account: 2);
            Assert.Equal(404, status);
            Assert.Equal((await _api.SendAsync(method, $"/v1/jobs/{Guid.NewGuid()}{path}", null)).Body.GetRawText(), foreign.GetRawText());
        }

        Assert.Equal(0, (await _api.GetAsync("/v1/jobs", account: 2)).Body.GetProperty("data").GetArrayLength());
        Assert.Equal(1, (await _api.GetAsync("/v1/jobs")).Body.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_job_goes_with_its_file_when_asked_and_after_a_day()
    {
        var first = await CreateAsync(new { kind = "events", from = "2030-05-15" });
        var second = await CreateAsync(new { kind = "events", from = "2030-05-15" });
        await FinishedAsync(first);
        await FinishedAsync(second);
        Assert.Equal(2, Directory.GetFiles(_api.Stores.JobFiles.Folder).Length);

        Assert.Equal(200, (await _api.SendAsync(HttpMethod.Delete, $"/v1/jobs/{first}", null)).Status);
        Assert.Equal(404, (await _api.GetAsync($"/v1/jobs/{first}")).Status);
        Assert.Single(Directory.GetFiles(_api.Stores.JobFiles.Folder));

        await Poll.UntilAsync("the second expires", async () =>
        {
            _time.Advance(JobService.KeptFor);
            return (await _api.GetAsync($"/v1/jobs/{second}")).Status == 404 && Directory.GetFiles(_api.Stores.JobFiles.Folder).Length == 0;
        });
    }

    [Fact]
    public async Task An_account_has_a_bounded_number_of_jobs()
    {
        for (var i = 0; i < JobService.MaxPerAccount; i++)
        {
            await CreateAsync(new { kind = "series" });
        }

        var (status, body) = await _api.SendAsync(HttpMethod.Post, "/v1/exports", new { kind = "series" });
        Assert.Equal((429, "RATE_LIMITED"), (status, body.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(202, (await _api.SendAsync(HttpMethod.Post, "/v1/exports", new { kind = "series" }, account: 2)).Status);
    }

    private async Task<string> CreateAsync(object body)
    {
        var (status, job) = await _api.SendAsync(HttpMethod.Post, "/v1/exports", body);
        Assert.Equal(202, status);
        return job.GetProperty("id").GetString()!;
    }

    private async Task<JsonElement> FinishedAsync(string id)
    {
        JsonElement job = default;
        await Poll.UntilAsync("the job is finished", async () =>
        {
            job = (await _api.GetAsync($"/v1/jobs/{id}")).Body;
            return job.GetProperty("status").GetString() is "succeeded" or "failed";
        });
        return job;
    }

    private static DeliveryEvent Event(long sequence, DeliveryEventKind kind, string recipient) =>
        new() { Sequence = sequence, Kind = kind, At = Counted.Noon, MessageId = Counted.Message, Recipient = recipient };
}
