/* What there is to ask for, and who may; a test compares it with api/openapi.yaml both ways. */
#include "http/routes.h"

#include <assert.h>
#include <string.h>

#include "flow/items/items.h"
#include "flow/lists/lists.h"
#include "flow/matching/matching.h"
#include "http/api/api.h"

#define READERS   (PEOPLE_QUALITY | PEOPLE_ARBITER)
#define UPLOADERS (PEOPLE_INTAKE | PEOPLE_ANALYST)
#define VIEWERS   (PEOPLE_ASSESSOR | PEOPLE_QUALITY | PEOPLE_ARBITER | PEOPLE_LEAD)

#define SITE_READERS (PEOPLE_ADMIN | PEOPLE_COMPLIANCE | PEOPLE_LEAD | PEOPLE_AUDITOR)

#define LISTS_READERS                                                                              \
    (PEOPLE_INTAKE | PEOPLE_ANALYST | PEOPLE_LEAD | PEOPLE_COMPLIANCE | PEOPLE_ADMIN |             \
     PEOPLE_AUDITOR)

static const struct route routes[] = {
    {GATE_POST, "/api/v1/match", "match", ROUTE_CLIENT, ROUTE_PART | ROUTE_QUERY, api_match},
    {GATE_GET, "/status", "hmaStatus", ROUTE_PUBLIC, ROUTE_HMA, hma_status},
    {GATE_GET, "/status/live", "hmaLive", ROUTE_PUBLIC, ROUTE_HMA, hma_status},
    {GATE_GET, "/h/hash", "hmaHashUrl", ROUTE_CLIENT, ROUTE_HMA | ROUTE_QUERY, hma_url},
    {GATE_POST, "/h/hash", "hmaHash", ROUTE_CLIENT, ROUTE_HMA | ROUTE_PART | ROUTE_QUERY, hma_hash},
    {GATE_GET, "/m/lookup", "hmaLookup", ROUTE_CLIENT, ROUTE_HMA | ROUTE_QUERY, hma_lookup},
    {GATE_POST, "/m/lookup", "hmaLookupFile", ROUTE_CLIENT, ROUTE_HMA | ROUTE_PART | ROUTE_QUERY,
     hma_lookup_file},
    {GATE_GET, "/m/raw_lookup", "hmaRawLookup", ROUTE_CLIENT, ROUTE_HMA | ROUTE_QUERY,
     hma_raw_lookup},
    {GATE_POST, "/m/compare", "hmaCompare", ROUTE_CLIENT, ROUTE_HMA | ROUTE_PART, hma_compare},
    {GATE_GET, "/m/index/status", "hmaIndex", ROUTE_CLIENT, ROUTE_HMA | ROUTE_QUERY, hma_index},
    {GATE_GET, "/c/banks", "hmaBanks", ROUTE_CLIENT, ROUTE_HMA, hma_banks},
    {GATE_GET, "/c/bank/{bank}", "hmaBank", ROUTE_CLIENT, ROUTE_HMA, hma_bank},
    {GATE_POST, "/c/bank/{bank}/signal", "hmaSignal", ROUTE_CLIENT,
     ROUTE_HMA | ROUTE_PART | ROUTE_HOME, hma_signal},
    {GATE_DELETE, "/c/bank/{bank}/content/{content}", "hmaForget", ROUTE_CLIENT,
     ROUTE_HMA | ROUTE_HOME, hma_forget},
    {GATE_GET, "/api/v1/match/terms", "getTerms", ROUTE_CLIENT, ROUTE_NOTHING, api_get_terms},
    {GATE_GET, "/api/v1/match/changes", "getChanges", ROUTE_CLIENT, ROUTE_QUERY | ROUTE_HOME,
     api_get_changes},
    {GATE_GET, "/api/v1/match/changes/{list}", "getListPage", ROUTE_CLIENT,
     ROUTE_QUERY | ROUTE_HOME, api_get_list_page},
    {GATE_GET, "/api/v1/match/test", "getTestPicture", ROUTE_CLIENT, ROUTE_NOTHING,
     api_get_test_picture},
    {GATE_GET, "/api/v1/clients", "getClients", PEOPLE_ADMIN | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR,
     ROUTE_NOTHING, api_get_clients},
    {GATE_POST, "/api/v1/clients", "addClient", PEOPLE_ADMIN, ROUTE_BODY, api_add_client},
    {GATE_PATCH, "/api/v1/clients/{client}", "changeClient", PEOPLE_ADMIN, ROUTE_BODY,
     api_change_client},
    {GATE_POST, "/api/v1/clients/{client}/key", "rotateClient", PEOPLE_ADMIN, ROUTE_NOTHING,
     api_rotate_client},
    {GATE_GET, "/api/v1/lists", "getLists", LISTS_READERS, ROUTE_NOTHING, api_get_lists},
    {GATE_GET, "/api/v1/lists/{list}", "getList", LISTS_READERS, ROUTE_NOTHING, api_get_list},
    {GATE_POST, "/api/v1/lists", "addList", LISTS_KEEPERS, ROUTE_BODY, api_add_list},
    {GATE_PUT, "/api/v1/lists/check", "checkList", LISTS_KEEPERS, ROUTE_PART, api_check_list},
    {GATE_PUT, "/api/v1/lists/{list}/file", "importList", LISTS_KEEPERS, ROUTE_PART | ROUTE_QUERY,
     api_import_list},
    {GATE_GET, "/api/v1/lists/{list}/held", "getHeld", LISTS_KEEPERS | PEOPLE_COMPLIANCE,
     ROUTE_NOTHING, api_get_held},
    {GATE_POST, "/api/v1/lists/{list}/off", "switchOff", LISTS_KEEPERS, ROUTE_BODY, api_list_off},
    {GATE_POST, "/api/v1/lists/{list}/on", "switchOn", LISTS_KEEPERS, ROUTE_BODY, api_list_on},
    {GATE_PATCH, "/api/v1/lists/{list}", "changeList", LISTS_KEEPERS, ROUTE_BODY, api_change_list},
    {GATE_DELETE, "/api/v1/lists/{list}", "removeList", LISTS_KEEPERS, ROUTE_NOTHING,
     api_remove_list},
    {GATE_POST, "/api/v1/lookup", "lookUp", MATCHING_ASKERS, ROUTE_BODY, api_look_up},
    {GATE_PUT, "/api/v1/lookup/file", "lookUpFile", MATCHING_ASKERS, ROUTE_PART, api_look_up_file},
    {GATE_GET, "/healthz", "getHealth", ROUTE_PUBLIC, ROUTE_NOTHING, api_get_health},
    {GATE_GET, "/readyz", "getReady", ROUTE_PUBLIC, ROUTE_NOTHING, api_get_ready},
    {GATE_GET, "/metrics", "getMetrics", ROUTE_LOCAL, ROUTE_NOTHING, api_get_metrics},
    {GATE_GET, "/api/openapi.json", "getOpenapi", ROUTE_PUBLIC, ROUTE_NOTHING, api_get_openapi},
    {GATE_GET, "/api/v1/workspace", "getWorkspace", ROUTE_PUBLIC, ROUTE_NOTHING, api_get_workspace},
    {GATE_POST, "/api/v1/session", "signIn", ROUTE_PUBLIC, ROUTE_BODY, api_sign_in},
    {GATE_GET, "/api/v1/session", "getMe", ROUTE_ANY, ROUTE_NOTHING, api_get_me},
    {GATE_DELETE, "/api/v1/session", "signOut", ROUTE_ANY, ROUTE_NOTHING, api_sign_out},
    {GATE_GET, "/api/v1/schemes/{scheme}", "getScheme", ROUTE_ANY, ROUTE_NOTHING, api_get_scheme},
    {GATE_PUT, "/api/v1/schemes/{scheme}/guidance", "setGuidance",
     PEOPLE_LEAD | PEOPLE_COMPLIANCE | PEOPLE_ADMIN, ROUTE_BODY, api_set_guidance},
    {GATE_GET, "/api/v1/shift", "getShift", PEOPLE_ASSESSOR | PEOPLE_LEAD, ROUTE_NOTHING,
     api_get_shift},
    {GATE_POST, "/api/v1/shift", "startShift", PEOPLE_ASSESSOR | PEOPLE_LEAD, ROUTE_NOTHING,
     api_start_shift},
    {GATE_POST, "/api/v1/shift/check", "checkShift", PEOPLE_ASSESSOR | PEOPLE_LEAD, ROUTE_NOTHING,
     api_check_shift},
    {GATE_POST, "/api/v1/shift/submit", "submitShift", PEOPLE_ASSESSOR | PEOPLE_LEAD, ROUTE_ONCE,
     api_submit_shift},
    {GATE_POST, "/api/v1/leases", "takeLeases", VIEWERS, ROUTE_BODY, api_take_leases},
    {GATE_POST, "/api/v1/leases/{lease}/heartbeat", "extendLease", VIEWERS, ROUTE_NOTHING,
     api_extend_lease},
    {GATE_DELETE, "/api/v1/leases/{lease}", "returnLease", VIEWERS, ROUTE_NOTHING,
     api_return_lease},
    {GATE_POST, "/api/v1/leases/{lease}/tickets", "issueTickets", VIEWERS, ROUTE_BODY,
     api_issue_tickets},
    {GATE_POST, "/api/v1/leases/{lease}/names", "showNames", PEOPLE_ASSESSOR | PEOPLE_LEAD,
     ROUTE_NOTHING, api_show_names},
    {GATE_GET, "/api/v1/pictures/{ticket}", "getPicture", VIEWERS, ROUTE_NOTHING, api_get_picture},
    {GATE_POST, "/api/v1/views/{view}/end", "endView", VIEWERS, ROUTE_BODY, api_end_view},
    {GATE_POST, "/api/v1/decisions", "decide", PEOPLE_ASSESSOR | PEOPLE_LEAD,
     ROUTE_BODY | ROUTE_ONCE, api_decide},
    {GATE_POST, "/api/v1/undo", "undo", PEOPLE_ASSESSOR, ROUTE_ONCE, api_undo},
    {GATE_GET, "/api/v1/later", "getLater", PEOPLE_ASSESSOR, ROUTE_NOTHING, api_get_later},
    {GATE_POST, "/api/v1/later", "putOff", PEOPLE_ASSESSOR, ROUTE_BODY | ROUTE_ONCE, api_put_off},
    {GATE_POST, "/api/v1/second-looks", "secondLook", PEOPLE_ASSESSOR, ROUTE_BODY | ROUTE_ONCE,
     api_second_look},
    {GATE_POST, "/api/v1/escalations", "escalate", PEOPLE_ASSESSOR, ROUTE_BODY | ROUTE_ONCE,
     api_escalate},
    {GATE_GET, "/api/v1/escalations", "getEscalations", PEOPLE_LEAD, ROUTE_NOTHING,
     api_get_escalations},
    {GATE_POST, "/api/v1/escalations/{escalation}/referrals", "refer", PEOPLE_LEAD,
     ROUTE_BODY | ROUTE_ONCE, api_refer},
    {GATE_GET, "/api/v1/referrals", "getReferrals",
     PEOPLE_LEAD | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR, ROUTE_NOTHING, api_get_referrals},
    {GATE_PATCH, "/api/v1/referrals/{referral}", "stepReferral", PEOPLE_LEAD, ROUTE_BODY,
     api_step_referral},
    {GATE_GET, "/api/v1/referrals/{referral}/files/{file}", "getReferralFile", PEOPLE_LEAD,
     ROUTE_NOTHING, api_get_referral_file},
    {GATE_POST, "/api/v1/escalations/{escalation}/return", "returnEscalation", PEOPLE_LEAD,
     ROUTE_NOTHING, api_return_escalation},
    {GATE_GET, "/api/v1/lots", "getLots", VIEWERS, ROUTE_NOTHING, api_get_lots},
    {GATE_POST, "/api/v1/readings", "read", READERS, ROUTE_BODY | ROUTE_ONCE, api_read},
    {GATE_GET, "/api/v1/corrections", "getCorrections",
     PEOPLE_ASSESSOR | PEOPLE_LEAD | PEOPLE_ARBITER, ROUTE_NOTHING, api_get_corrections},
    {GATE_POST, "/api/v1/corrections/{correction}/answer", "answerCorrection",
     PEOPLE_ASSESSOR | PEOPLE_LEAD, ROUTE_BODY | ROUTE_ONCE, api_answer_correction},
    {GATE_POST, "/api/v1/corrections/{correction}/lease", "leaseCorrection",
     PEOPLE_ASSESSOR | PEOPLE_LEAD, ROUTE_NOTHING, api_lease_correction},
    {GATE_POST, "/api/v1/corrections/{correction}/close", "closeCorrection",
     PEOPLE_LEAD | PEOPLE_ARBITER, ROUTE_BODY | ROUTE_ONCE, api_close_correction},
    {GATE_POST, "/api/v1/tasks/{task}/supersede", "supersede", PEOPLE_LEAD | PEOPLE_ARBITER,
     ROUTE_BODY | ROUTE_ONCE, api_supersede},
    {GATE_GET, "/api/v1/releases", "getReleases",
     PEOPLE_RELEASE | PEOPLE_LEAD | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR, ROUTE_NOTHING,
     api_get_releases},
    {GATE_POST, "/api/v1/releases", "requestRelease", PEOPLE_RELEASE, ROUTE_BODY | ROUTE_ONCE,
     api_request_release},
    {GATE_GET, "/api/v1/releases/{release}", "getRelease",
     PEOPLE_RELEASE | PEOPLE_LEAD | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR, ROUTE_NOTHING,
     api_get_release},
    {GATE_POST, "/api/v1/releases/{release}/approve", "approveRelease",
     PEOPLE_RELEASE | PEOPLE_COMPLIANCE, ROUTE_BODY, api_approve_release},
    {GATE_POST, "/api/v1/releases/{release}/refuse", "refuseRelease",
     PEOPLE_RELEASE | PEOPLE_COMPLIANCE, ROUTE_BODY, api_refuse_release},
    {GATE_GET, "/api/v1/releases/{release}/package/{file}", "getPackageFile", PEOPLE_RELEASE,
     ROUTE_NOTHING, api_get_package_file},
    {GATE_GET, "/api/v1/batches", "getBatches", PEOPLE_INTAKE | PEOPLE_ANALYST | PEOPLE_LEAD,
     ROUTE_NOTHING, api_get_batches},
    {GATE_POST, "/api/v1/batches", "openBatch", PEOPLE_INTAKE | PEOPLE_ANALYST | PEOPLE_LEAD,
     ROUTE_BODY, api_open_batch},
    {GATE_PATCH, "/api/v1/batches/{batch}", "changeBatch", PEOPLE_INTAKE | PEOPLE_LEAD, ROUTE_BODY,
     api_change_batch},
    {GATE_GET, "/api/v1/batches/{batch}/cases", "getBatchCases",
     PEOPLE_INTAKE | PEOPLE_ANALYST | PEOPLE_LEAD, ROUTE_NOTHING, api_get_batch_cases},
    {GATE_POST, "/api/v1/batches/{batch}/receipt", "makeReceipt", PEOPLE_INTAKE | PEOPLE_LEAD,
     ROUTE_NOTHING, api_make_receipt},
    {GATE_GET, "/api/v1/waiting", "getWaiting", ROUTE_ANY, ROUTE_NOTHING, api_get_waiting},
    {GATE_GET, "/api/v1/intake", "getIntake", PEOPLE_INTAKE | PEOPLE_ANALYST | PEOPLE_LEAD,
     ROUTE_NOTHING, api_get_intake},
    {GATE_GET, "/api/v1/uploads", "getUploads", UPLOADERS, ROUTE_NOTHING, api_get_uploads},
    {GATE_POST, "/api/v1/uploads", "startUpload", UPLOADERS, ROUTE_BODY, api_start_upload},
    {GATE_GET, "/api/v1/uploads/{upload}", "getUpload", UPLOADERS, ROUTE_NOTHING, api_get_upload},
    {GATE_DELETE, "/api/v1/uploads/{upload}", "dropUpload", UPLOADERS, ROUTE_NOTHING,
     api_drop_upload},
    {GATE_PUT, "/api/v1/uploads/{upload}/bytes", "putUploadBytes", UPLOADERS,
     ROUTE_PART | ROUTE_QUERY, api_put_upload_bytes},
    {GATE_POST, "/api/v1/uploads/{upload}/finish", "finishUpload", UPLOADERS, ROUTE_NOTHING,
     api_finish_upload},
    {GATE_GET, "/api/v1/colleagues", "getColleagues", PEOPLE_INTAKE | PEOPLE_LEAD, ROUTE_NOTHING,
     api_get_colleagues},
    {GATE_GET, "/api/v1/stats", "getStats", ROUTE_ANY, ROUTE_NOTHING, api_get_stats},
    {GATE_GET, "/api/v1/backups", "getBackups", PEOPLE_ADMIN, ROUTE_NOTHING, api_get_backups},
    {GATE_GET, "/api/v1/staff", "getStaff", PEOPLE_ADMIN | PEOPLE_COMPLIANCE, ROUTE_NOTHING,
     api_get_staff},
    {GATE_POST, "/api/v1/staff", "addStaff", PEOPLE_ADMIN, ROUTE_BODY, api_add_staff},
    {GATE_PATCH, "/api/v1/staff/{staff}", "changeStaff", PEOPLE_ADMIN, ROUTE_BODY,
     api_change_staff},
    {GATE_GET, "/api/v1/authorisations", "getAuthorisations",
     PEOPLE_COMPLIANCE | PEOPLE_LEAD | PEOPLE_AUDITOR, ROUTE_NOTHING, api_get_authorisations},
    {GATE_POST, "/api/v1/authorisations", "addAuthorisation", PEOPLE_COMPLIANCE, ROUTE_BODY,
     api_add_authorisation},
    {GATE_POST, "/api/v1/authorisations/{authorisation}/revoke", "revokeAuthorisation",
     PEOPLE_COMPLIANCE | PEOPLE_LEAD, ROUTE_NOTHING, api_revoke_authorisation},
    {GATE_GET, "/api/v1/record/head", "getRecordHead",
     PEOPLE_AUDITOR | PEOPLE_COMPLIANCE | PEOPLE_LEAD, ROUTE_NOTHING, api_get_record_head},
    {GATE_GET, "/api/v1/record/entries", "getRecordEntries", PEOPLE_AUDITOR, ROUTE_QUERY,
     api_get_record_entries},
    {GATE_POST, "/api/v1/record/verify", "verifyRecord", PEOPLE_AUDITOR, ROUTE_NOTHING,
     api_verify_record},
    {GATE_GET, "/api/v1/record/verify", "getVerify", PEOPLE_AUDITOR, ROUTE_NOTHING, api_get_verify},
    {GATE_POST, "/api/v1/record/search", "searchRecord", PEOPLE_AUDITOR, ROUTE_BODY,
     api_search_record},
    {GATE_GET, "/api/v1/record/entries/{event}/{file}", "getRecordFile", PEOPLE_AUDITOR,
     ROUTE_NOTHING, api_get_record_file},
    {GATE_POST, "/api/v1/items/search", "searchItems", ITEMS_READERS, ROUTE_BODY, api_search_items},
    {GATE_GET, "/api/v1/items/{item}", "getItem", ITEMS_READERS, ROUTE_NOTHING, api_get_item},
    {GATE_POST, "/api/v1/items/{item}/names", "showItemNames", PEOPLE_LEAD | PEOPLE_COMPLIANCE,
     ROUTE_NOTHING, api_show_item_names},
    {GATE_GET, "/api/v1/schemes", "getSchemes", SITE_READERS, ROUTE_NOTHING, api_get_schemes},
    {GATE_GET, "/api/v1/schemes/{scheme}/versions/{version}", "getSchemeVersion", SITE_READERS,
     ROUTE_NOTHING, api_get_scheme_version},
    {GATE_POST, "/api/v1/schemes/check", "checkScheme", PEOPLE_ADMIN, ROUTE_BODY, api_check_scheme},
    {GATE_POST, "/api/v1/schemes", "addScheme", PEOPLE_ADMIN, ROUTE_BODY, api_add_scheme},
    {GATE_GET, "/api/v1/settings", "getSettings", PEOPLE_ADMIN | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR,
     ROUTE_NOTHING, api_get_settings},
    {GATE_PUT, "/api/v1/settings/{setting}", "setSetting", PEOPLE_ADMIN, ROUTE_BODY,
     api_set_setting},
    {GATE_GET, "/api/v1/keys", "getKeys", PEOPLE_ADMIN | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR,
     ROUTE_NOTHING, api_get_keys},
    {0},
};

static bool take_param(const char **path, const char *end, char param[HTTP_PARAM_SIZE])
{
    const char *slash = memchr(*path, '/', (size_t)(end - *path));
    size_t size = (size_t)((slash == NULL ? end : slash) - *path);

    if (size == 0 || size >= HTTP_PARAM_SIZE)
        return false;
    memcpy(param, *path, size);
    param[size] = '\0';
    *path += size;
    return true;
}

static bool matches(const char *pattern, const char *path, size_t path_size,
                    char params[HTTP_PARAMS_MAX][HTTP_PARAM_SIZE])
{
    const char *end = path + path_size;
    size_t count = 0;

    while (*pattern != '\0') {
        if (*pattern == '{') {
            if (count == HTTP_PARAMS_MAX || !take_param(&path, end, params[count++]))
                return false;
            pattern = strchr(pattern, '}') + 1;
        } else if (path < end && *path == *pattern) {
            path++;
            pattern++;
        } else {
            return false;
        }
    }
    return path == end;
}

const struct route *route_find(enum gate_method method, const char *path, size_t path_size,
                               char params[HTTP_PARAMS_MAX][HTTP_PARAM_SIZE])
{
    for (const struct route *r = routes; r->operation != NULL; r++) {
        if (r->method == method && matches(r->pattern, path, path_size, params))
            return r;
    }
    return NULL;
}

static_assert(sizeof routes / sizeof routes[0] <= ROUTES_MAX, "counted by index");

const char *route_operation(const struct route *r)
{
    return r == NULL ? "none" : r->operation;
}

size_t route_index(const struct route *r)
{
    return (size_t)(r - routes);
}

const struct route *route_at(size_t index)
{
    return index + 1 < sizeof routes / sizeof routes[0] ? &routes[index] : NULL;
}

void routes_list(struct buf *out)
{
    for (const struct route *r = routes; r->operation != NULL; r++) {
        const char *comma = "";
        buf_addf(out, "%s %s %s ", gate_method_name(r->method), r->pattern, r->operation);
        if (r->roles == ROUTE_CLIENT)
            buf_add_str(out, "client");
        if (r->roles == ROUTE_LOCAL)
            buf_add_str(out, "local");
        if (r->roles == ROUTE_PUBLIC)
            buf_add_str(out, "public");
        if (r->roles == ROUTE_ANY)
            buf_add_str(out, "any");
        for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
            if ((r->roles >> i & 1) != 0) {
                buf_addf(out, "%s%s", comma, people_role_name(i));
                comma = ",";
            }
        }
        buf_add_char(out, '\n');
    }
}
