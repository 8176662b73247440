using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What users do with books: fill them from files, look, search, tag, and take the contacts out again.</summary>
public sealed class ContactFlowTests(ApiRelay api) : IClassFixture<ApiRelay>
{
    [Fact]
    public async Task A_file_is_imported_reported_searched_tagged_and_exported_again()
    {
        var book = (await api.PostAsync("/contactBooks", """{"name":"Files"}""")).Json.Word("id")!;
        var file = "Email;First Name;Kunde\r\nada@example.com;Ada;\"7;\"\"x\"\"\"\r\nbroken;;\r\nbob@example.com;Bob;+49 221\r\n";
        var import = await UploadAsync($"/contactBooks/{book}/imports?tags=spring&map=Kunde:properties.customer", "text/csv", Encoding.UTF8.GetBytes(file));
        Assert.Equal(202, import.Status);
        var done = await FinishedAsync($"/contactBooks/{book}/imports/{import.Json.Word("id")}");
        Assert.Equal((3, 2, 0, 1), (Number(done, "rows"), Number(done, "created"), Number(done, "updated"), Number(done, "failed")));
        Assert.Contains("3,1,is not an e-mail address,broken", await DownloadAsync(import.Json.Word("id")!), StringComparison.Ordinal);

        var found = await api.GetAsync($"/contactBooks/{book}/contacts?search=AD&tag=spring&property.customer={Uri.EscapeDataString("7;\"x\"")}");
        var ada = Assert.Single(found.EnumerateArray());
        Assert.Equal(("Ada", true), (ada.Word("firstName"), ada.GetProperty("subscribed").GetBoolean()));
        Assert.Equal(2, (await api.PostAsync($"/contactBooks/{book}/contacts/tags", """{"emails":["ada@example.com","BOB@example.com","no@example.com"],"add":["vip"],"remove":["spring"]}""")).Json.GetProperty("count").GetInt32());
        Assert.Equal("""[{"tag":"vip","contacts":2}]""", (await api.GetAsync($"/contactBooks/{book}/tags")).GetRawText());

        var export = await UploadAsync($"/contactBooks/{book}/exports", null, []);
        await FinishedAsync($"/jobs/{export.Json.Word("id")}");
        var csv = await DownloadAsync(export.Json.Word("id")!);
        Assert.StartsWith("email,firstName,lastName,subscribed,tags,properties.customer,status,unsubscribeReason,createdAt,subscribedAt,unsubscribedAt,id\r\nada@example.com,Ada,,true,vip,\"7;\"\"x\"\"\",subscribed,,", csv, StringComparison.Ordinal);
        Assert.Contains("bob@example.com,Bob,,true,vip,'+49 221,", csv, StringComparison.Ordinal);

        // What was taken out goes in again, into another book, in another shape: a form.
        var copy = (await api.PostAsync("/contactBooks", """{"name":"Copy"}""")).Json.Word("id")!;
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(csv)), "file", "contacts.csv" } };
        var again = await UploadAsync($"/contactBooks/{copy}/imports", form.Headers.ContentType!.ToString(), await form.ReadAsByteArrayAsync());
        Assert.Equal(2, Number(await FinishedAsync($"/contactBooks/{copy}/imports/{again.Json.Word("id")}"), "created"));
        var bob = (await api.GetAsync($"/contactBooks/{copy}/contacts?emails=bob@example.com"))[0];
        Assert.Equal(("+49 221", "vip"), (bob.GetProperty("properties").Word("customer"), bob.GetProperty("tags")[0].GetString()));
    }

    [Fact]
    public async Task Mail_to_a_contact_stands_in_its_activity()
    {
        var book = (await api.PostAsync("/contactBooks", """{"name":"Activity"}""")).Json.Word("id")!;
        var contact = (await api.PostAsync($"/contactBooks/{book}/contacts", """{"email":"busy@example.net"}""")).Json.Word("contactId")!;
        var sent = (await api.PostAsync("/emails", """{"from":"a@example.com","to":"Busy@example.net","subject":"To the point","text":"t"}""")).Json.Word("emailId")!;
        await api.ReachesAsync(sent, "SENT");
        await Poll.UntilAsync("both events are there", async () =>
        {
            var entries = (await api.GetAsync($"/contactBooks/{book}/contacts/{contact}/activity")).GetProperty("data").EnumerateArray().ToList();
            return entries.Exists(e => e.Word("type")!.StartsWith("email.", StringComparison.Ordinal) && e.Word("emailId") == sent && e.Word("subject") == "To the point")
                && entries.Exists(e => e.Word("type") == "contact.subscribed");
        });
    }

    [Theory]
    [InlineData("text/csv", "", 400, "the file is empty")]
    [InlineData("application/json", "{}", 415, "send the file itself as text/csv")]
    [InlineData("text/csv", "name\nx\n", 400, "no column of the first row is an e-mail address")]
    [InlineData("multipart/form-data; boundary=x", "--x--\r\n", 400, "the form holds no file")]
    public async Task A_wrong_upload_is_refused_and_leaves_nothing(string type, string body, int status, string message)
    {
        var book = (await api.PostAsync("/contactBooks", """{"name":"Wrong"}""")).Json.Word("id")!;
        var answer = await UploadAsync($"/contactBooks/{book}/imports", type, Encoding.UTF8.GetBytes(body));
        Assert.Equal(status, answer.Status);
        Assert.StartsWith(message, answer.Json.GetProperty("error").Word("message"), StringComparison.Ordinal);
    }

    private async Task<(int Status, JsonElement Json)> UploadAsync(string path, string? type, byte[] body)
    {
        using var http = Client();
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using var answer = await http.PostAsync(new Uri("/api/v1" + path, UriKind.Relative), content);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private async Task<string> DownloadAsync(string job)
    {
        using var http = Client();
        return await http.GetStringAsync(new Uri($"/api/v1/jobs/{job}/file", UriKind.Relative));
    }

    private async Task<JsonElement> FinishedAsync(string path)
    {
        JsonElement job = default;
        await Poll.UntilAsync("the job ends", async () => (job = await api.GetAsync(path)).Word("status") is "succeeded" or "failed");
        Assert.True(job.Word("status") == "succeeded", job.ToString());
        return job;
    }

    private HttpClient Client()
    {
        var http = new HttpClient { BaseAddress = new Uri(api.Url), Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", api.ApiKey);
        return http;
    }

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
