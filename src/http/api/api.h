/* The handlers, one file a resource; each is the operation of that name in api/openapi.yaml. */
#ifndef HTTP_API_API_H
#define HTTP_API_API_H

#include "http/http.h"

http_handler api_get_health, api_get_ready, api_get_openapi, api_get_workspace;
http_handler api_get_metrics;
http_handler api_sign_in, api_get_me, api_sign_out;
http_handler api_get_scheme, api_set_guidance;
http_handler api_get_shift, api_start_shift, api_check_shift, api_submit_shift;
http_handler api_take_leases, api_extend_lease, api_return_lease, api_issue_tickets, api_show_names;
http_handler api_get_picture, api_end_view;
http_handler api_decide, api_undo, api_get_later, api_put_off, api_second_look;
http_handler api_escalate, api_get_escalations, api_return_escalation;
http_handler api_refer, api_get_referrals, api_step_referral, api_get_referral_file;
http_handler api_get_lots, api_read, api_get_corrections, api_answer_correction;
http_handler api_lease_correction, api_close_correction, api_supersede;
http_handler api_get_releases, api_request_release, api_get_release, api_approve_release;
http_handler api_refuse_release, api_get_package_file;
http_handler api_get_batches, api_open_batch, api_change_batch, api_get_colleagues;
http_handler api_get_batch_cases, api_make_receipt;
http_handler api_get_uploads, api_start_upload, api_get_upload, api_drop_upload;
http_handler api_put_upload_bytes, api_finish_upload;
http_handler api_get_intake, api_get_waiting;
http_handler api_get_stats;
http_handler api_get_backups;
http_handler api_get_staff, api_add_staff, api_change_staff;
http_handler api_get_authorisations, api_add_authorisation, api_revoke_authorisation;
http_handler api_get_record_head, api_get_record_entries, api_verify_record, api_get_verify;
http_handler api_search_record, api_get_record_file;
http_handler api_search_items, api_get_item, api_show_item_names;
http_handler api_get_schemes, api_get_scheme_version, api_check_scheme, api_add_scheme;
http_handler api_get_lists, api_get_list, api_look_up, api_look_up_file;
http_handler api_add_list, api_check_list, api_import_list, api_get_held;
http_handler api_list_off, api_list_on, api_remove_list, api_change_list;
http_handler api_match, api_get_terms, api_get_test_picture;
http_handler hma_status, hma_url, hma_hash, hma_lookup, hma_lookup_file, hma_raw_lookup;
http_handler hma_compare, hma_index, hma_banks, hma_bank, hma_signal, hma_forget;
http_handler api_get_changes, api_get_list_page;
http_handler api_get_clients, api_add_client, api_change_client, api_rotate_client;
http_handler api_get_settings, api_set_setting, api_get_keys;

#endif
